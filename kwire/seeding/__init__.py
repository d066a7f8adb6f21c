"""Records in files: how they are written there, and how a cluster starts with them."""
