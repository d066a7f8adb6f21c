"""Migration between classic and consumer groups, and classic members in consumer groups."""
