"""The rules of selu-lint, one a module; installed as ``selu_lint.rules``."""
