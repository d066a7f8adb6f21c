"""Where classic groups and consumer groups meet: one becomes the other, and classic members in consumer groups."""
