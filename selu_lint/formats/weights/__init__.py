"""The weights of Keras's files, by layer."""
