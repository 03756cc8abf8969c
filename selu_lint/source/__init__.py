"""Checks Python source and notebooks that build Keras models, without running them."""
