"""The rules of selu-lint, one a module; imported as ``selu_lint.rules``, installed or not."""
