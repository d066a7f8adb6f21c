"""Generated declarations, one module per API; see protocol_specs/generate.py."""
