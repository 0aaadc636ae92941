"""Comparisons of records: ours, the physical limit and the peers, each pair of stores on one set of data."""
