"""One file or folder a store; the file name is the `kind` in the YAML."""
