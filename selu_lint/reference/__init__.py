"""The reference trainer: shows on MNIST what the linter's repairs are worth.

Only ``recipes``, ``feeding``, ``proof`` and ``training`` import Keras, and nothing imports them
before ``backends.choose`` has settled which backend Keras runs on.
"""
