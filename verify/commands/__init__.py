"""One file a command of `cutover`."""
