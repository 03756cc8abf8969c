"""Keras and users' code, in processes of their own: what may run, and how it is confined."""
