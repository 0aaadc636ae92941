"""Twins: real servers that stand in for both environments of a system, and the defects that can be planted in them."""
