"""What tests of and with kwire use: a small client on the generated codec, memory streams."""
