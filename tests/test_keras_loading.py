"""Which releases of Keras may load a model, as far as that takes no Keras."""

from __future__ import annotations

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.processes.keras_loading import import_keras, known_holes


@pytest.mark.parametrize(
    "version", ["3.0.0", "3.8.0", "3.11.3", "3.12.0", "3.12.3", "3.13.0", "3.14.1", "3.15.0", "?"]
)
def test_releases_with_known_holes_are_refused(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = known_holes(version)
    assert told is not None
    assert f"Keras {version} has known holes" in told
    assert "pip install 'keras>=3.15.1'" in told
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    imported: list[str] = []
    monkeypatch.setattr("importlib.import_module", imported.append)
    with pytest.raises(SeluLintError, match="known holes in loading models"):
        import_keras("keras", trust_code=False)
    assert imported == []


@pytest.mark.parametrize("version", ["3.12.4", "3.12.10", "3.15.1", "3.16.0", "4.0.0"])
def test_releases_without_known_holes_are_taken(version: str) -> None:
    assert known_holes(version) is None
