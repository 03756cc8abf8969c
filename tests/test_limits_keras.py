"""Limits apply to built models, to models that code builds, and to what is built anew."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.fixing import saved_model_building
from selu_lint.keras import SeluLint
from selu_lint.limits import DEFAULT, LimitError, Limits
from selu_lint.live import built_model
from selu_lint.settings import Settings
from tests.commands.command import FIXTURES, run

pytestmark = pytest.mark.keras

FEW = Settings(limits=Limits(layers=2))
_SAVED = FIXTURES / "saved_models" / "tf2.15" / "cnn_broken"


def _model(keras: Any) -> Any:
    dense = [keras.layers.Dense(4, activation="selu", name=f"d{number}") for number in range(3)]
    return keras.Sequential([keras.Input((4,)), *dense])


def test_built_models_keep_to_them(keras: Any) -> None:
    model = _model(keras)
    assert built_model.read(model, FEW.limits).limits is FEW.limits
    refusal = r"more than 2 (calls of )?layers.*'layers'"
    for act in (selu_lint.fix, selu_lint.profile):
        with pytest.raises(LimitError, match=refusal):
            act(model, settings=FEW)
    (checked,) = selu_lint.check(model, settings=FEW).files
    assert re.search(refusal, checked.error or "")
    callback = SeluLint(settings=FEW)
    callback.set_model(model)
    with pytest.warns(SeluLintWarning, match=refusal):
        callback.on_train_begin()
    enough = Settings(limits=Limits(layers=4))
    offer = r"to draw them anew: selu_lint\.fix\(model, settings=settings, redraw='always'\)"
    with pytest.warns(SeluLintWarning, match=offer):
        fixed = selu_lint.fix(model, settings=enough)
    assert selu_lint.check(fixed, settings=enough).exit_code() == 0


def test_weights_that_code_builds_are_handed_over_up_to_the_limit(
    keras: Any, tmp_path: Path
) -> None:
    code = (
        f"import {keras.__name__} as keras\nmodel = keras.Sequential([keras.Input((4,)), "
        "keras.layers.Dense(4, 'selu', kernel_initializer='lecun_normal', name='d')])\n"
    )
    (tmp_path / "code.py").write_text(code)
    for bound, refused in ((63, True), (64, False)):
        (tmp_path / "selu-lint.toml").write_text(
            f"select = ['SELU906']\n[limits]\nspool-bytes = {bound}"
        )
        done = run("check", "code.py:model", cwd=tmp_path)
        assert ("refused; raise the limit 'spool-bytes'" in done.stdout) == refused
        assert ("has gain" in done.stdout) != refused
    (tmp_path / "selu-lint.toml").write_text("[limits]\nlayers = 1")
    done = run("check", "code.py:model", cwd=tmp_path)
    assert done.returncode == 2
    assert "raise the limit 'layers'" in done.stdout


def _task(original: Path, limits: Limits, tmp_path: Path) -> dict[str, Any]:
    from selu_lint.formats import read
    from selu_lint.formats.saved_model.reading import training_config

    return {
        "original": str(original),
        "architecture": read(original).architecture,
        "training": training_config(str(original), DEFAULT),
        "drawn": [],
        "result": str(tmp_path / "result"),
        "trust_code": False,
        "limits": limits._asdict(),
    }


def test_what_is_built_anew_is_read_with_them(tmp_path: Path) -> None:
    pytest.importorskip("tf_keras")
    limits = DEFAULT._replace(variable_bytes=100)
    with pytest.raises(LimitError, match="'variable-bytes'"):
        saved_model_building.build(_task(_SAVED, limits, tmp_path))


def test_what_is_built_anew_takes_no_state_from_behind_a_link(tmp_path: Path) -> None:
    pytest.importorskip("tf_keras")
    model = Path(shutil.copytree(_SAVED, tmp_path / "model"))
    saved_model_building.build(_task(model, DEFAULT, tmp_path))
    (tmp_path / "outside").touch()
    (model / "variables" / "variables.data-00001-of-00002").symlink_to(tmp_path / "outside")
    with pytest.raises(SeluLintError, match="symbolic link out of the folder"):
        saved_model_building.build(_task(model, DEFAULT, tmp_path))
