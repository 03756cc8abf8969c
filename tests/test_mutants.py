"""The mutants that are made by hand break what there is."""

from __future__ import annotations

import pytest

from tests import sampled_mutants
from tests.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.about)
def test_what_a_mutant_breaks_stands_in_its_file_once(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1


@pytest.mark.slow
def test_a_sampled_mutant_is_what_runs() -> None:
    file = ROOT / "selu_lint" / "model" / "tensor_shapes.py"
    mutant = next(each for each in sampled_mutants.mutants(file) if each.old == "size is None")
    test = "tests/test_tensor_shapes.py::test_a_part_along_a_size_that_is_not_known"
    assert sampled_mutants.outcome(mutant, [test]) == "noticed"
    assert sampled_mutants.outcome(mutant, ["tests/test_globs.py"]) == "SURVIVED"
