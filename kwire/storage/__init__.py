"""A log per partition: the port and its engines."""
