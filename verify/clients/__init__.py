"""One file a way of asking."""
