"""The HTTP side of a twin: one process a side, the same code for baseline and candidate."""
