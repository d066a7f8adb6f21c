"""Consumer groups (KIP-848): the coordinator assigns, and each member goes its own way to its target."""
