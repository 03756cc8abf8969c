"""How many terms an output of an exported operation sums, in graphs put together by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import selu_lint
from selu_lint.formats import read
from selu_lint.settings import Settings
from tests.formats import wire

KINDS = Path(__file__).parents[2] / "fixtures" / "saved_models" / "tf2.21" / "kinds"


def integers(name: str, *values: int, rank: int = 1) -> bytes:
    """Return a Const of 32-bit integers."""
    sizes = (len(values),) if rank else ()
    content = struct.pack(f"<{len(values)}i", *values)
    tensor = wire.message((1, 3), (2, wire.shape(*sizes)), (4, content))
    return wire.node(name, "Const", value=wire.message((8, tensor)))


def listed(*values: int) -> bytes:
    """Return the AttrValue that is a list of integers."""
    return wire.message((1, wire.message(*((3, value) for value in values))))


def integer(value: int) -> bytes:
    return wire.message((3, value))


TRUE = wire.message((5, 1))


def fan_in(folder: Path, shape: tuple[int, ...], *nodes: bytes, kind: str, **more: bytes) -> object:
    """Return the fan-in behind an operation of a kind that takes the tensor ``kernel``."""
    data = wire.saved_model(
        [
            wire.node("layer/kernel", "VarHandleOp", shape=wire.message((7, wire.shape(*shape)))),
            wire.node("read", "ReadVariableOp", "layer/kernel"),
            *(nodes or [wire.node("kernel", "Identity", "read")]),
            wire.node("layer/apply", kind, "x", "kernel", "y", **more),
            wire.node("layer/Selu", "Selu", "layer/apply"),
        ]
    )
    (layer,) = read(wire.write(folder, data)).exported
    assert layer.shape == shape
    return layer.fan_in


EQUATION = wire.message((2, "abc,cd->abd"))


@pytest.mark.parametrize(
    ("kind", "shape", "attributes", "expected"),
    [
        ("MatMul", (6, 4), {}, 6),
        ("MatMul", (6, 4), {"transpose_b": TRUE}, 4),
        ("MatMul", (6, 4), {"transpose_a": TRUE}, 6),
        ("BatchMatMulV2", (3, 6, 4), {}, 6),
        ("BatchMatMulV2", (3, 6, 4), {"adj_y": TRUE}, 4),
        ("Einsum", (6, 4), {"equation": EQUATION}, 6),
        ("Einsum", (6, 4), {"equation": wire.message((2, "abc, dc -> abd"))}, 4),
        ("Einsum", (6, 4), {"equation": wire.message((2, "abc,cd->"))}, 24),
        ("Einsum", (6, 4), {"equation": wire.message((2, "abc,...cd->abd"))}, None),
        ("Einsum", (6, 4), {"equation": wire.message((2, "abc,cde->abd"))}, None),
        ("Einsum", (6, 4), {"equation": wire.message((2, b"\xff,\xff"))}, None),
        ("Einsum", (6, 4), {}, None),
        ("Conv2D", (3, 3, 5, 4), {}, 45),
        ("Conv3D", (2, 2, 2, 5, 4), {}, 40),
        ("DepthwiseConv2dNative", (3, 3, 5, 2), {}, 9),
        ("Conv2DBackpropInput", (3, 3, 4, 5), {"strides": listed(1, 1, 1, 1)}, 45),
        ("Conv2DBackpropInput", (4, 4, 4, 5), {"strides": listed(1, 2, 2, 1)}, 20),
        ("Conv2DBackpropInput", (1, 1, 4, 5), {"strides": listed(1, 2, 2, 1)}, 5),
        ("Conv2DBackpropInput", (3, 3, 4, 5), {"strides": listed(1, 0, 0, 1)}, None),
        ("Conv3DBackpropInputV2", (2, 2, 2, 3, 5), {"strides": listed(1, 1, 2, 2, 1)}, 10),
        ("XlaDotV2", (6, 4), {}, None),
        ("MatMul", (0, 4), {}, None),
        ("Conv2D", (1 << 31, 1 << 31, 5, 4), {}, None),
    ],
)
def test_what_an_output_sums(
    tmp_path: Path,
    kind: str,
    shape: tuple[int, ...],
    attributes: dict[str, bytes],
    expected: float | None,
) -> None:
    assert fan_in(tmp_path, shape, kind=kind, **attributes) == expected


def slice_of(*steps: int, **masks: int) -> list[bytes]:
    zeros = (0,) * len(steps)
    return [
        integers("begin", *zeros),
        integers("end", *zeros),
        integers("steps", *steps),
        wire.node(
            "kernel",
            "StridedSlice",
            "read",
            "begin",
            "end",
            "steps",
            **{f"{name}_mask": integer(value) for name, value in masks.items()},
        ),
    ]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([wire.node("kernel", "Cast", "read")], 6),
        ([integers("perm", 1, 0), wire.node("kernel", "Transpose", "read", "perm")], 4),
        ([integers("perm", 1, 1), wire.node("kernel", "Transpose", "read", "perm")], None),
        ([integers("perm", 7, 0), wire.node("kernel", "Transpose", "read", "perm")], None),
        ([wire.node("kernel", "Transpose", "read", "x")], None),
        ([wire.node("kernel", "Transpose", "read")], None),
        ([integers("axis", 0, rank=0), wire.node("kernel", "ExpandDims", "read", "axis")], 6),
        ([integers("axis", -1, rank=0), wire.node("kernel", "ExpandDims", "read", "axis")], 4),
        ([integers("axis", 5, rank=0), wire.node("kernel", "ExpandDims", "read", "axis")], None),
        ([integers("shape", 3, 8), wire.node("kernel", "Reshape", "read", "shape")], 3),
        ([integers("shape", -1, 2), wire.node("kernel", "Reshape", "read", "shape")], 12),
        ([integers("shape", -1, -1), wire.node("kernel", "Reshape", "read", "shape")], None),
        ([integers("shape", 0, -1), wire.node("kernel", "Reshape", "read", "shape")], None),
        ([integers("shape", 24), wire.node("kernel", "Reshape", "read", "shape")], None),
        ([wire.node("kernel", "Squeeze", "read")], 6),
        ([wire.node("kernel", "Squeeze", "read", squeeze_dims=listed(-2))], None),
        (slice_of(1, 1, begin=1, end=1), 6),
        (slice_of(1, 1, begin=2, end=3), None),
        (slice_of(2, 1, begin=3, end=3), None),
        (slice_of(1, 1, 1, begin=7, end=7), None),
        (slice_of(1, begin=1, end=1), 6),
        (slice_of(1, 1, begin=3, end=3, shrink_axis=2), None),
        (
            [
                integers("axis", 0, rank=0),
                wire.node("wide", "ExpandDims", "read", "axis"),
                integers("perm", 2, 0, 1),
                wire.node("turned", "Transpose", "wide", "perm"),
                wire.node("kernel", "Squeeze", "turned", squeeze_dims=listed(1)),
            ],
            4,
        ),
    ],
)
def test_what_lies_between_the_variable_and_its_use(
    tmp_path: Path, nodes: list[bytes], expected: float | None
) -> None:
    assert fan_in(tmp_path, (6, 4), *nodes, kind="BatchMatMulV2") == expected


@pytest.mark.parametrize(("transposed", "expected"), [(b"", 4), (TRUE, 6)])
def test_a_kernel_on_the_left(tmp_path: Path, transposed: bytes, expected: int) -> None:
    nodes = [
        wire.node("layer/kernel", "VarHandleOp", shape=wire.message((7, wire.shape(6, 4)))),
        wire.node("layer/MatMul", "MatMul", "layer/kernel", "x", transpose_a=transposed),
        wire.node("layer/Selu", "Selu", "layer/MatMul"),
    ]
    (layer,) = read(wire.write(tmp_path, wire.saved_model(nodes))).exported
    assert layer.fan_in == expected


def test_a_kernel_where_no_operation_takes_one(tmp_path: Path) -> None:
    nodes = [
        wire.node("layer/kernel", "VarHandleOp", shape=wire.message((7, wire.shape(6, 4)))),
        wire.node("layer/MatMul", "MatMul", "x", "y", "layer/kernel"),
        wire.node("layer/Selu", "Selu", "layer/MatMul"),
    ]
    (layer,) = read(wire.write(tmp_path, wire.saved_model(nodes))).exported
    assert (layer.shape, layer.fan_in) == ((6, 4), None)


def test_every_kind_of_kernel_is_measured() -> None:
    document = read(KINDS)
    found = [(each.name, each.operation, each.fan_in) for each in document.exported]
    assert sorted(found) == [
        ("conv", "Conv2D", 36),
        ("conv1d", "Conv2D", 10),
        ("dense_4d", "MatMul", 3),
        ("dilated", "Conv2D", 1),
        ("dilated", "DepthwiseConv2dNative", 9),
        ("einsum", "Einsum", 4),
        ("transpose", "Conv2DBackpropInput", 16),
    ]
    measured = selu_lint.check(KINDS, settings=Settings(weights=True)).findings
    gains = [each.data["measured_gain"] for each in measured if each.layer]
    assert len(gains) == 7
    weights = document.weights
    assert weights is not None
    squares = [(weights.read(each.stored) ** 2).mean() for each in document.exported if each.stored]
    expected = [s * (e.fan_in or 0) for s, e in zip(squares, document.exported, strict=True)]
    assert sorted(gains) == pytest.approx(sorted(expected), abs=2e-6)
