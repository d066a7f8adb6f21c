"""Messages of the records that Kafka keeps in logs and files. Generated, but for this line."""
