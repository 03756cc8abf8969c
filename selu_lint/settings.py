"""What a check is asked to do: codes, further rules, thresholds."""

from __future__ import annotations

from typing import NamedTuple

from selu_lint.findings import Confidence
from selu_lint.limits import DEFAULT, Limits


class Settings(NamedTuple):
    """Settings of a check; the defaults are those of the command line.

    Attributes
    ----------
    select, ignore : tuple of str
        Codes or prefixes of codes; an empty ``select`` means every rule that is on by default.
        The longest prefix that matches a code decides; ``ignore`` wins a tie.
    extend_select : tuple of str
        Codes or prefixes that are selected too, whatever ``select`` says.
    allow_equivalent_initializers : bool
        Whether a zero-mean initializer with gain 1 that is not normal satisfies SELU001.
    alpha_rate : str
        ``match`` the noise of the dropout that an AlphaDropout replaces, or ``keep`` its rate.
    weights : bool
        Whether rules may read the values of weights.
    build_timeout : float
        Seconds after which a user's code that builds a model is ended.
    rules : tuple of str
        Packages or modules of further rules, which are imported; no configuration file names them.
    limits : Limits
        Bounds on what is read from files.
    confidence : Confidence
        How far a finding in source code must follow from it to be reported.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    allow_equivalent_initializers: bool = False
    alpha_rate: str = "match"
    weights: bool = False
    build_timeout: float = 300
    rules: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    limits: Limits = DEFAULT
    confidence: Confidence = Confidence.LIKELY

    def selects(self, code: str, by_default: bool = True) -> bool:
        """Whether the rule with this code is to run."""
        selected = (*self.select, *self.extend_select)
        wanted = max((len(p) for p in selected if code.startswith(p)), default=-1)
        unwanted = max((len(p) for p in self.ignore if code.startswith(p)), default=-1)
        if wanted < 0 and (self.select or not by_default):
            return False
        return wanted > unwanted or unwanted < 0
