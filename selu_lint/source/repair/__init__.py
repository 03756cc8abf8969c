"""Repairing source code: where and how repairs are written, and whether they hold."""
