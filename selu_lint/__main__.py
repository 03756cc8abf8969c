"""``python -m selu_lint``."""

from selu_lint.cli import main

main(prog_name="selu-lint")
