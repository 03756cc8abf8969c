"""Models built in memory: reading them, and building repaired copies."""
