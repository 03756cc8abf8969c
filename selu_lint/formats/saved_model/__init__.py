"""TensorFlow's SavedModels, read without TensorFlow."""
