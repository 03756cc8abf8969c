"""The verdicts of today, held against every training run there is a record of."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.benchmarks.bands import PAGE, judged, page


@pytest.mark.slow
def test_no_definite_verdict_is_wrong_and_few_are_open() -> None:
    networks = judged()
    wrong = [
        each
        for each in networks
        if each.verdict.kind == ("signal lost" if each.trained else "trains")
    ]
    assert wrong == []
    counts = Counter(each.verdict.kind for each in networks)
    assert set(counts) == {"trains", "borderline", "signal lost"}
    # 43 were chosen near the bounds, see the page.
    assert counts["borderline"] <= 0.25 * len(networks)
    assert page(networks) == PAGE.read_text(encoding="utf-8")
