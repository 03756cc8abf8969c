"""The rules of a checkout, in its folder ``rules``; installed ones go before this module."""

from __future__ import annotations

import os

# What has a path is a package: `import selu_lint.rules.selu001_non_lecun_initializer` works.
__path__ = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "rules")]
