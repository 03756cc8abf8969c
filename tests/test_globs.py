from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.storage.globs import matches, matches_file


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("dense", "dense", True),
        ("dense", "block/dense", False),
        ("dense_*", "dense_7", True),
        ("dense_*", "dense_7/inner", False),
        ("block/*", "block/dense", True),
        ("block/*", "block/inner/dense", False),
        ("block/**", "block/inner/dense", True),
        ("**/dense", "dense", True),
        ("**/dense", "a/b/dense", True),
        ("**/dense", "a/b/my_dense", False),
        ("**", "a/b", True),
        ("**", "", True),
        ("conv?", "conv1", True),
        ("conv?", "conv/", False),
        ("conv[12]", "conv2", True),
        ("conv[!12]", "conv2", False),
        ("conv[!12]", "conv/", False),
        ("conv[z-a]", "conv[z-a]", True),
        ("tf.nn.selu", "tf_nn_selu", False),
        ("a[", "a[", True),
    ],
)
def test_matches(pattern: str, path: str, expected: bool):
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("legacy", "models/legacy/a.keras", True),
        ("*.h5", "models/a.h5", True),
        ("a.keras", "models/a.keras", True),
        ("models/*.keras", "models/a.keras", True),
        ("models/*.keras", "models/old/a.keras", False),
        ("models/old/", "models/old/deep/a.keras", True),
        ("/models", "models/a.keras", True),
        ("/models", "other/models/a.keras", False),
        ("./models/a.keras", "models/a.keras", True),
        ("models/**/a.keras", "models/x/y/a.keras", True),
        ("old", "older/a.keras", False),
    ],
)
def test_matches_file(pattern: str, path: str, expected: bool):
    assert matches_file(pattern, path) is expected


@given(st.text())
def test_any_pattern_can_be_tried(pattern: str):
    matches(pattern, "a/b")
    matches_file(pattern, "a/b")


@given(st.text(st.characters(exclude_characters="*?[")))
def test_pattern_without_special_characters_covers_itself_alone(path: str):
    assert matches(path, path)
    assert not matches(path, path + "x")
