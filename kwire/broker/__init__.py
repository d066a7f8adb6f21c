"""What a broker knows: metadata image, partitions, configs, fetch sessions."""
