"""One module per API: what a request means and what it is answered."""
