"""Listeners, connections and the lifecycle of a running broker."""
