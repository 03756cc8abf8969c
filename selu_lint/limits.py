"""Bounds on what is read from a file, each with its reason; a file past one of them is refused."""

from __future__ import annotations

from typing import NamedTuple

from selu_lint.errors import SeluLintError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_LARGEST = 10**100


class LimitError(SeluLintError):
    """A file is past a limit, which its reader may raise."""


class _Bounds(NamedTuple):
    """The bounds of `Limits`, with their defaults."""

    json_bytes: int = 256 * MIB
    json_values: int = 10_000_000
    json_depth: int = 400
    members: int = 10_000
    directory_bytes: int = 4 * MIB
    ratio: int = 250
    attribute_bytes: int = 64 * MIB
    structure_bytes: int = 2 * GIB
    objects: int = 1_000_000
    object_depth: int = 400
    variable_bytes: int = 4 * GIB
    spool_bytes: int = 16 * GIB
    protobuf_bytes: int = 512 * MIB
    protobuf_nodes: int = 2_000_000
    graph_steps: int = 3_000_000
    call_depth: int = 64
    names_bytes: int = 256 * MIB
    remote_seconds: int = 300
    layers: int = 500_000
    edges: int = 2_000_000
    keras_memory_bytes: int = 4 * GIB
    repeated_calls: int = 50_000
    profile_calls: int = 20_000
    source_bytes: int = 4 * MIB
    source_nodes: int = 300_000
    source_steps: int = 20_000
    source_file_steps: int = 80_000
    source_runs: int = 60
    source_calls: int = 3_000
    source_items: int = 2_000
    source_characters: int = 4_096
    notebook_bytes: int = 64 * MIB
    report_bytes: int = 64 * MIB


class Limits(_Bounds):
    """Bounds that every real model stays far below.

    In a configuration they stand in the table ``limits``, with ``-`` for ``_``.

    Attributes
    ----------
    json_bytes : int
        Size of an architecture, or of one structure of an HDF5 file, which may hold it, in bytes.
        The largest of ``keras.applications`` takes 0.5 MiB, a chain of 100,000 layers 60 MiB;
        parsing takes ten times as much memory.
    json_values : int
        Values of an architecture: numbers, texts, lists and objects. Those of
        ``keras.applications`` reach 90,000, a chain of 100,000 layers 6 million; each takes up to
        120 bytes of memory.
    json_depth : int
        How deep lists and objects lie inside each other. A model nested ten deep needs about 50;
        Python's own recursion ends near 1000.
    members : int
        Files in a zip archive, or in which sharded weights lie. Keras writes three into an archive;
        assets such as vocabularies add a few.
    directory_bytes : int
        Size of a zip archive's directory, in bytes: 10,000 members with names of 300 letters.
    ratio : int
        How many times larger a member may be than its compressed bytes. The architecture of
        10,000 equal layers reaches 120; deflate ends at 1032.
    attribute_bytes : int
        Size of an HDF5 attribute other than the architecture, and of all that one HDF5 object
        tells about itself, in bytes. Keras splits longer attributes at 64 KiB.
    structure_bytes : int
        Groups, attributes and texts of an HDF5 file that are read, in bytes; what is read twice
        counts twice. 100,000 layers take 300 MiB.
    objects : int
        HDF5 groups and datasets that are looked at, or variables in a checkpoint's index: 70,000
        layers with 14 of them each.
    object_depth : int
        How deep HDF5 groups, or objects of a SavedModel, lie inside each other; a model nested ten
        deep needs about 40.
    variable_bytes : int
        Size of one variable whose values are read, in bytes: an embedding of a million words with
        1024 numbers each.
    spool_bytes : int
        Size of a model that is copied to a temporary file because it comes from a pipe, lies
        compressed in an archive or is built by code, in bytes.
    protobuf_bytes : int
        Size of ``saved_model.pb``, ``keras_metadata.pb`` or a checkpoint's index, in bytes.
        Weights lie elsewhere, and a layer takes 10 KiB; parsing takes up to seven times as much
        memory.
    protobuf_nodes : int
        Nodes of a SavedModel's object graph, or operations of its functions all together. A layer
        takes about 10; each takes 2 KiB of memory.
    graph_steps : int
        Tensors that are followed back in a SavedModel's functions. A layer takes about 20; 3
        million take half a minute.
    call_depth : int
        How deep functions of a SavedModel call each other. Keras's reach 10.
    names_bytes : int
        Paths of a model's layers and of their places in the architecture, names in an HDF5 file,
        or names in a checkpoint's index, each all together, in bytes: 500,000 layers with 500 each.
    remote_seconds : int
        Time for all that is read of one model at an address, in seconds.
    layers : int
        Layers of a model, nested ones included.
    edges : int
        Connections between calls of layers.
    keras_memory_bytes : int
        Memory of a process that runs Keras (``--verify``, ``--measure``, a SavedModel that is built
        anew), in bytes, besides eight times the size of the model's files. TensorFlow itself takes
        1 GiB.
    repeated_calls : int
        Calls of layers inside nested models that are called again; such models may lie inside
        each other, and double the calls at each level.
    profile_calls : int
        Calls of layers whose activations ``profile`` predicts; 1,000 take 2 to 10 seconds.
    source_bytes : int
        Size of a Python file, or of the code of a notebook, in bytes; people write 100 KiB.
    source_nodes : int
        Names, numbers, signs and lines in a Python file or in the code of a notebook; each takes
        up to 400 bytes of memory.
    source_steps : int
        Nodes of source code that one path through it evaluates. Past it loops and calls are left
        with an unknown result, and what follows is read on.
    source_file_steps : int
        The same of all paths through a file together: half a second.
    source_runs : int
        Paths from one function that are followed.
    source_calls : int
        Calls of layers on one path.
    source_items : int
        Elements of a list or dict in source code; of more the rest is unknown.
    source_characters : int
        Characters of a text in source code; a longer one is unknown.
    notebook_bytes : int
        Size of a notebook with the results that it keeps, images included, in bytes.
    report_bytes : int
        What is found in a model, in bytes: names, messages and the numbers behind them. Four
        findings in each of 20,000 layers take 17 MiB.

    Raises
    ------
    ValueError
        If one of them is no whole number above 0 and below 10**100.
    """

    __slots__ = ()

    def __new__(cls, *given: int, **named: int) -> Limits:
        self = super().__new__(cls, *given, **named)
        for name, value in self._asdict().items():
            if isinstance(value, int) and abs(value) > _LARGEST:
                raise ValueError(f"{key_of(name)} must be a whole number above 0, below 10**100")
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{key_of(name)} must be a whole number above 0, not {value!r}")
        return self

    def exceeded(self, name: str, subject: str, unit: str = "") -> LimitError:
        """Return the error for a file that is past a limit.

        Parameters
        ----------
        name : str
            The limit, such as ``json_bytes``.
        subject : str
            What is past it, with its verb: ``the architecture takes``.
        unit : str
            What is counted, such as ``members``; sizes in bytes need none.
        """
        bound = getattr(self, name)
        counted = size_text(bound) if name.endswith("_bytes") else f"{bound:,} {unit}"
        return LimitError(
            f"{subject} more than {counted}: refused; raise the limit {key_of(name)!r} "
            "if you trust the file"
        )


DEFAULT = Limits()


def key_of(name: str) -> str:
    """Return how a configuration calls a limit."""
    return name.replace("_", "-")


def size_text(size: int) -> str:
    """Return a number of bytes as people read it, such as ``256 MiB``."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size % unit == 0:
            return f"{size // unit:,} {name}"
    return f"{size:,} bytes"
