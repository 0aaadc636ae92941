"""Several processes that send one run together, over Locust's own connection between master and workers."""
