"""Pure comparisons: two observations in, one conclusion out."""
