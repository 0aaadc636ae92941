"""Plants each fault in the twin and compares what the suite says with what it must say."""
