"""Which backend Keras runs on, and on which device; settled before Keras is imported."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata

from selu_lint.errors import SeluLintError

BACKENDS = ("tensorflow", "jax", "torch")
DEVICES = ("cpu", "gpu")
VARIABLE = "KERAS_BACKEND"


@dataclass(frozen=True)
class Backend:
    """What trains.

    Attributes
    ----------
    name : str
        ``tensorflow``, ``jax`` or ``torch``.
    kind : str
        ``cpu`` or ``gpu``.
    device : str
        The device's name, such as ``NVIDIA H200`` or the processor's model.
    precision : str
        Of all arithmetic: float32 everywhere. TF32, which GPUs use for products by default, has
        10 bits, and its rounding would show in the results.
    """

    name: str
    kind: str
    device: str
    precision: str = "float32"


def choose(name: str | None = None, device: str | None = None) -> Backend:
    """Settle backend and device; call it before anything imports Keras.

    Parameters
    ----------
    name : str, optional
        The backend; without it the variable ``KERAS_BACKEND``, else ``tensorflow``.
    device : str, optional
        ``cpu`` or ``gpu``; without it a GPU where the backend sees one.

    Raises
    ------
    SeluLintError
        If Keras or the backend is not installed, Keras runs on another backend already, or there
        is no GPU where one is asked for.
    """
    name = name or os.environ.get(VARIABLE) or "tensorflow"
    if name not in BACKENDS:
        raise SeluLintError(f"{VARIABLE} is {name}; choose one of {', '.join(BACKENDS)}")
    for package in ("keras", name):
        if importlib.util.find_spec(package) is None:
            extra = "selu-lint[tensorflow]" if name == "tensorflow" else f"keras matplotlib {name}"
            raise SeluLintError(
                f"training needs {package}: pip install '{extra}', or choose --backend"
            )
    if "keras" in sys.modules and sys.modules["keras"].config.backend() != name:
        used = sys.modules["keras"].config.backend()
        raise SeluLintError(f"Keras runs on {used} already; {name} needs a new process")
    os.environ[VARIABLE] = name
    kind, label = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[name](device)
    if int(metadata.version("keras").split(".")[0]) < 3:
        raise SeluLintError("training needs Keras 3: pip install 'keras>=3'")
    return Backend(name, kind, label)


def _tensorflow(device: str | None) -> tuple[str, str]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    tensorflow = importlib.import_module("tensorflow")
    gpus = tensorflow.config.list_physical_devices("GPU")
    tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    try:
        if device == "cpu":
            tensorflow.config.set_visible_devices([], "GPU")
            gpus = []
        for gpu in gpus:
            tensorflow.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError as error:
        raise SeluLintError("TensorFlow uses its devices already; start a new process") from error
    if not gpus:
        return _without_gpu("tensorflow", device)
    details = tensorflow.config.experimental.get_device_details(gpus[0])
    return "gpu", str(details.get("device_name", gpus[0].name))


def _jax(device: str | None) -> tuple[str, str]:
    if device == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
    jax = importlib.import_module("jax")
    if device == "cpu":
        jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_default_matmul_precision", "float32")
    gpus = []
    if device != "cpu":
        with contextlib.suppress(RuntimeError):
            gpus = jax.devices("gpu")
    if not gpus:
        return _without_gpu("jax", device)
    return "gpu", str(gpus[0].device_kind)


def _torch(device: str | None) -> tuple[str, str]:
    torch = importlib.import_module("torch")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if device != "cpu" and torch.cuda.is_available():
        os.environ["KERAS_TORCH_DEVICE"] = "cuda"
        return "gpu", str(torch.cuda.get_device_name())
    if device != "cpu" and torch.backends.mps.is_available():
        os.environ["KERAS_TORCH_DEVICE"] = "mps"
        return "gpu", "Apple GPU"
    os.environ["KERAS_TORCH_DEVICE"] = "cpu"
    return _without_gpu("torch", device)


def _without_gpu(name: str, device: str | None) -> tuple[str, str]:
    if device == "gpu":
        raise SeluLintError(
            f"{name} sees no GPU here; leave out --device gpu, or install its GPU build"
        )
    return "cpu", processor()


def processor() -> str:
    """Return the processor's model and number of cores."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores"
