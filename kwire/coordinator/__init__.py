"""Replicated state machines of groups and transactions."""
