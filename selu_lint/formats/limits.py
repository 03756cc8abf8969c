"""Bounds on what is read from a file, each with its reason; a file past one of them is refused."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Bounds that every real model stays far below; change one with ``dataclasses.replace``.

    Attributes
    ----------
    json_bytes : int
        Size of an architecture, in bytes. The largest of ``keras.applications`` takes 0.5 MiB, a
        chain of 100,000 layers 60 MiB; parsing takes ten times as much memory.
    json_depth : int
        How deep lists and objects lie inside each other. A model nested ten deep needs about 50;
        Python's own recursion ends near 1000.
    members : int
        Files in a zip archive. Keras writes three; assets such as vocabularies add a few.
    directory_bytes : int
        Size of a zip archive's directory, in bytes: 10,000 members with names of 300 letters.
    ratio : int
        How many times larger a member may be than its compressed bytes. The architecture of
        10,000 equal layers reaches 120; deflate ends at 1032.
    attribute_bytes : int
        Size of an HDF5 attribute other than the architecture, in bytes. Keras splits longer ones
        at 64 KiB.
    objects : int
        HDF5 groups and datasets that are looked at: 100,000 layers with 10 of them each.
    object_depth : int
        How deep HDF5 groups lie inside each other; a model nested ten deep needs about 40.
    variable_bytes : int
        Size of one variable whose values are read, in bytes: an embedding of a million words with
        1024 numbers each.
    spool_bytes : int
        Size of a model that is copied to a temporary file because it comes from a pipe or lies
        compressed in an archive, in bytes.
    protobuf_bytes : int
        Size of ``saved_model.pb`` or ``keras_metadata.pb``, in bytes. Weights lie elsewhere, and
        a layer takes 10 KiB; parsing takes up to seven times as much memory.
    protobuf_nodes : int
        Nodes of a SavedModel's object graph, or operations of its functions all together. A layer
        takes about 10; each takes 2 KiB of memory.
    graph_steps : int
        Tensors that are followed back in a SavedModel's functions. A layer takes about 20; 3
        million take half a minute.
    call_depth : int
        How deep functions of a SavedModel call each other. Keras's reach 10.
    names_bytes : int
        Names of the variables in a checkpoint's index, in bytes: a million of 64 each.
    layers : int
        Layers of a model, nested ones included.
    edges : int
        Connections between calls of layers.
    repeated_calls : int
        Calls of layers inside nested models that are called again; such models may lie inside
        each other, and double the calls at each level.
    """

    json_bytes: int = 256 * MIB
    json_depth: int = 400
    members: int = 10_000
    directory_bytes: int = 4 * MIB
    ratio: int = 250
    attribute_bytes: int = 64 * MIB
    objects: int = 1_000_000
    object_depth: int = 400
    variable_bytes: int = 4 * GIB
    spool_bytes: int = 16 * GIB
    protobuf_bytes: int = 512 * MIB
    protobuf_nodes: int = 2_000_000
    graph_steps: int = 3_000_000
    call_depth: int = 64
    names_bytes: int = 64 * MIB
    layers: int = 500_000
    edges: int = 2_000_000
    repeated_calls: int = 50_000


DEFAULT = Limits()
