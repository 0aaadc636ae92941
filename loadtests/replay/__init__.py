"""Traffic that was recorded elsewhere, as a plan of requests; nobody named in a recording is ever asked."""
