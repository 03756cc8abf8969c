"""How many terms an output of an operation sums: the fan-in of the kernel that it applies.

Sources: the definitions of the operations, ``tensorflow/core/ops/*.cc``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from selu_lint.formats.saved_model.operations import Operation, OperationGraph, Tensor
from selu_lint.formats.saved_model.tracing import Origin

Sizes: TypeAlias = Sequence[int | None]
"""The sizes of a tensor's axes, None where one is not known."""

_CONVOLUTIONS = ("Conv", "Conv2D", "Conv3D")
_DEPTHWISE = ("DepthwiseConv2dNative",)
_TRANSPOSED = (
    "Conv2DBackpropInput",
    "Conv2DBackpropInputV2",
    "Conv3DBackpropInput",
    "Conv3DBackpropInputV2",
)
# The attributes that say whether the left and the right matrix is transposed.
_MATRICES = {
    "MatMul": ("transpose_a", "transpose_b"),
    "BatchMatMul": ("adj_x", "adj_y"),
    "BatchMatMulV2": ("adj_x", "adj_y"),
    "BatchMatMulV3": ("adj_x", "adj_y"),
}
_RESHAPING = ("ExpandDims", "Reshape", "Squeeze", "StridedSlice", "Transpose")
_MOST_TERMS = 1 << 62


def fan_in(
    graph: OperationGraph, operation: Operation, origin: Origin, shape: tuple[int, ...] | None
) -> float | None:
    """Return how many terms an output sums; None where the operations do not tell.

    A transposed convolution spreads its kernel over the outputs between two inputs: on average one
    output meets the share of the receptive field that the strides leave.

    Parameters
    ----------
    graph : OperationGraph
        The graph.
    operation : Operation
        The operation that applies the kernel.
    origin : Origin
        Where it takes the kernel from.
    shape : tuple of int or None
        The shape of the kernel's variable.
    """
    sizes: Sizes | None = shape
    for each in origin.between:
        sizes = None if sizes is None else _after(graph, each, sizes)
    if sizes is None or len(sizes) < 2:
        return None
    kind = operation.kind
    if kind in _CONVOLUTIONS:
        return _product(sizes[:-1])
    if kind in _DEPTHWISE:
        return _product(sizes[:-2])
    if kind in _TRANSPOSED:
        receptive_field, inputs = _product(sizes[:-2]), _product(sizes[-1:])
        strides = _product(graph.integers(operation, "strides"))
        if receptive_field is None or inputs is None or strides is None:
            return None
        return max(1.0, receptive_field / strides) * inputs
    if kind in _MATRICES and origin.place < 2:
        transposed = graph.attribute(operation, _MATRICES[kind][origin.place]).flag
        # The right matrix is summed along its rows, the left one along its columns.
        return _product([sizes[-2 if transposed != (origin.place == 1) else -1]])
    if kind == "Einsum":
        return _contracted(graph.attribute(operation, "equation").text, origin.place, sizes)
    return None


def _contracted(equation: bytes, place: int, sizes: Sizes) -> int | None:
    """Return the product of the axes that an equation sums away."""
    left, arrow, output = equation.decode("ascii", "replace").replace(" ", "").partition("->")
    parts = left.split(",")
    if not arrow or place >= len(parts) or len(parts[place]) != len(sizes):
        return None
    pairs = zip(parts[place], sizes, strict=True)
    return _product([size for axis, size in pairs if axis not in output])


def _after(graph: OperationGraph, tensor: Tensor, sizes: Sizes) -> Sizes | None:
    """Return the sizes of the result of an operation between a variable and its use."""
    operation = graph.step(tensor)
    if operation is None or operation.kind not in _RESHAPING:
        return sizes
    given = [graph.constant(each) for each in graph.inputs(tensor, operation)[1:]]
    values = given[0] if given else None
    if operation.kind == "Squeeze":
        return _squeezed(sizes, graph.integers(operation, "squeeze_dims"))
    if values is None:
        return None
    if operation.kind == "StridedSlice":
        return _sliced(graph, operation, sizes, given)
    if operation.kind == "Reshape":
        return _reshaped(sizes, values)
    if operation.kind == "Transpose":
        known = sorted(values) == list(range(len(sizes)))
        return [sizes[axis] for axis in values] if known else None
    rank = len(sizes) + 1
    if len(values) != 1 or not -rank <= values[0] < rank:
        return None
    axis = values[0] % rank
    return [*sizes[:axis], 1, *sizes[axis:]]


def _squeezed(sizes: Sizes, axes: Sequence[int]) -> Sizes | None:
    if not axes:
        return None if None in sizes else [size for size in sizes if size != 1]
    dropped = {axis % len(sizes) for axis in axes} if sizes else set[int]()
    return [size for axis, size in enumerate(sizes) if axis not in dropped]


def _reshaped(sizes: Sizes, given: Sequence[int]) -> Sizes | None:
    if -1 not in given:
        return given
    count, known = _product(sizes), _product([size for size in given if size != -1])
    if count is None or known is None or given.count(-1) > 1:
        return None
    return [count // known if size == -1 else size for size in given]


def _sliced(
    graph: OperationGraph,
    operation: Operation,
    sizes: Sizes,
    given: Sequence[Sequence[int] | None],
) -> Sizes | None:
    """Return the sizes behind a slice: of the axes that it takes whole; the others are unknown."""
    masks = [
        graph.attribute(operation, f"{name}_mask").integer
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    ]
    steps = given[-1]
    if any(masks[2:]) or steps is None or len(steps) > len(sizes):
        return None
    whole = [masks[0] & masks[1] & 1 << axis and step in (1, -1) for axis, step in enumerate(steps)]
    return [size if axis >= len(whole) or whole[axis] else None for axis, size in enumerate(sizes)]


def _product(sizes: Sizes) -> int | None:
    """Return the product; None if a size is not known, or it is more than a kernel can have."""
    product = 1
    for size in sizes:
        if size is None or not 0 < product * size <= _MOST_TERMS:
            return None
        product *= size
    return product
