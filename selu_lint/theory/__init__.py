"""The mathematics of self-normalizing networks; imports nothing else of the package."""
