"""Pure statistics; every formula names its source."""
