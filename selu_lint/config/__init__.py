"""What a project asks for: its configuration, what it ignores, and its baselines."""
