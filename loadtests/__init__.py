"""Locust scenarios and their judge."""
