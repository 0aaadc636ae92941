"""The server of the load benchmark and what is asked of it."""
