"""Database servers without containers and without system packages, one file an engine."""
