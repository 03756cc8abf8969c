"""Writing models that were read, with another architecture or other weights."""
