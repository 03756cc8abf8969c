"""A callback that checks a model when its training begins, for Keras 3 and tf_keras."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check
from selu_lint.live.tracing import with_all_below
from selu_lint.model.document import KerasModel
from selu_lint.settings import Settings
from selu_lint.testing import told
from selu_lint.wording import plural, printable

_PACKAGES = ("keras", "tf_keras")
_BETWEEN = (*_PACKAGES, "tensorflow", "selu_lint")


class SeluLint:
    """Checks the model when training begins, and warns of what it finds or stops.

    An instance is a ``Callback`` of every Keras that is imported, so that one class serves models
    of Keras 3 and of tf_keras. What cannot be looked at is a warning: nothing but ``fail_on`` stops
    the training. A model that its first batch builds is checked again after that batch.

    Parameters
    ----------
    fail_on : Severity, str or None
        Least severity of a finding that stops the training, before its first step if the model is
        built by then: ``error``, ``warning`` or ``info``; None or ``never`` only warns.
    settings : Settings, optional
        Which rules run and how.

    Raises
    ------
    SeluLintError
        If no Keras is imported; in ``on_train_begin`` and ``on_train_batch_end`` if training is
        stopped.

    Examples
    --------
    >>> model.fit(x, y, callbacks=[SeluLint(fail_on="error")])  # doctest: +SKIP
    """

    # What Keras 2 asks of its callbacks.
    _supports_tf_logs = True
    _chief_worker_only = None

    def __new__(cls, *arguments: Any, **options: Any) -> SeluLint:
        """Return an instance that is a callback of the imported Keras, too."""
        bases = tuple(
            module.callbacks.Callback
            for name in _PACKAGES
            if (module := sys.modules.get(name)) is not None and hasattr(module, "callbacks")
        )
        if not bases:
            raise SeluLintError("import keras or tf_keras before SeluLint is made")
        return object.__new__(_callback_class(cls, bases))

    def __init__(
        self, fail_on: Severity | str | None = None, settings: Settings | None = None
    ) -> None:
        self.fail_on = None if fail_on in (None, "never") else Severity(fail_on)
        self.settings = settings or Settings()
        self.params: Any = None
        self._model: Any = None
        self._checked: KerasModel | None = None
        self._waiting = False
        self._told: set[tuple[str, str]] = set()

    def set_model(self, model: KerasModel) -> None:
        """Take the model that is trained; Keras calls this."""
        self._checked = model
        super().set_model(model)  # type: ignore[misc]

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the model; Keras calls this before the first step.

        Raises
        ------
        SeluLintError
            If a finding is at or above ``fail_on``.
        """
        self._told = set()
        self._waiting = self._checked is not None and not _is_all_built(self._checked)
        self._check("training is not begun")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check a model that the first batch has built; Keras calls this after each step.

        Raises
        ------
        SeluLintError
            If a finding is at or above ``fail_on``.
        """
        if self._waiting:
            self._waiting = False
            self._check("training is stopped after its first step")

    def _check(self, stopped: str) -> None:
        """Check the model, and tell what was not told before."""
        if self._checked is None:
            return
        report = check(self._checked, settings=self.settings)
        found = [each for each in report.findings if (each.code, each.layer) not in self._told]
        self._told.update((each.code, each.layer) for each in found)
        failing = [f for f in found if self.fail_on is not None and f.severity >= self.fail_on]
        if failing:
            raise SeluLintError(
                f"{stopped}: {len(failing)} finding{'s' * (len(failing) > 1)} in "
                f"{self._checked.name}: " + "; ".join(map(told, failing))
            )
        lines = [f"the model could not be checked: {file.error}" for file in report.errors]
        shown = [each for each in found if each.severity >= Severity.WARNING]
        if shown:
            lines.append(f"{plural(len(shown), 'finding')} in {printable(self._checked.name)}")
            lines += (f"  {told(each)}" for each in shown)
            lines += _repair(shown)
        if lines:
            warnings.warn("\n".join(lines), SeluLintWarning, stacklevel=_level_of_the_user())


def _repair(findings: Sequence[Finding]) -> list[str]:
    """Return the call that repairs what can be repaired of findings, if anything can be."""
    unsafe = [each.fix.unsafe is not None for each in findings if each.fix is not None]
    options = ", unsafe_fixes=True" if all(unsafe) else ""
    return [f"to repair it before training: model = selu_lint.fix(model{options})"] * bool(unsafe)


def _level_of_the_user() -> int:
    """Return the `stacklevel` that names the line which began the training."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _BETWEEN:
            break
        level, frame = level + 1, frame.f_back
    return level


def _is_all_built(model: Any) -> bool:
    try:
        return all(layer.built for layer in with_all_below(model))
    except Exception:
        # Whoever trains it decides what its layers say; what is seen of it now is what there is.
        return True


def _callback_class(cls: type[SeluLint], bases: tuple[type, ...]) -> type[SeluLint]:
    return type(cls.__name__, (cls, *bases), {"__module__": cls.__module__})
