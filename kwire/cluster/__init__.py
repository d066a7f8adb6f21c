"""Where brokers, coordinators and engines meet: the cluster, its brokers, its coordinators, and its background work."""
