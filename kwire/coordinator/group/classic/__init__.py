"""Groups of the classic protocol: their clients assign, and a rebalance stops all of them."""
