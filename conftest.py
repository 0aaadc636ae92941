"""Loads the plugin; nothing else."""

pytest_plugins = ["verify.plugin"]
