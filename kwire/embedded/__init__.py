"""A cluster inside the caller's process, in a thread of its own, for `kwire.testing`."""
