"""A cluster inside the caller's process, in a thread of its own: what `kwire.testing` gives to tests and programs."""
