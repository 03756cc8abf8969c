"""What the fuzzing found, each once as a test of its own."""

from __future__ import annotations
