"""cutover proves that a candidate equals its baseline, or says why it cannot."""
