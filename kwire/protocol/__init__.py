"""Bytes to values and back: the wire protocol, pure."""
