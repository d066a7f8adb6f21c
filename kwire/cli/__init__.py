"""The kwire command."""
