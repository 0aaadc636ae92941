"""Simulated systems, and how often a verdict about them is wrong."""
