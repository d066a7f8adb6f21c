"""Group coordinator: the groups and committed offsets of one partition of `__consumer_offsets`."""
