"""Following tensors back: to the operation that applies a kernel, and to its variable."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from selu_lint.formats.saved_model.operations import Capture, Operation, OperationGraph, Tensor

# A search that has seen this many tensors has left the layer that it began in.
_MOST_TENSORS = 1000

# Operations that apply a kernel, and which of their inputs it is.
KERNEL_INPUTS = {
    "MatMul": 1,
    "BatchMatMul": 1,
    "BatchMatMulV2": 1,
    "BatchMatMulV3": 1,
    "Einsum": 1,
    "Conv": 1,
    "Conv2D": 1,
    "Conv3D": 1,
    "DepthwiseConv2dNative": 1,
    "Conv2DBackpropInput": 1,
    "Conv2DBackpropInputV2": 1,
    "Conv3DBackpropInput": 1,
    "Conv3DBackpropInputV2": 1,
    "XlaConv": 1,
    "XlaConvV2": 1,
    "XlaDot": 1,
    "XlaDotV2": 1,
}
# Operations that take a kernel on either side.
_EITHER = (
    "MatMul",
    "BatchMatMul",
    "BatchMatMulV2",
    "BatchMatMulV3",
    "Einsum",
    "XlaDot",
    "XlaDotV2",
)

# Operations whose result is their input, rearranged, or with what a bias, a normalization or a
# pooling does to it; and which of their inputs that is, None for all of them.
_DATA: Mapping[str, tuple[int, ...] | None] = {
    **dict.fromkeys(
        (
            "AvgPool",
            "BatchToSpaceND",
            "BiasAdd",
            "BiasAddV1",
            "Cast",
            "CheckNumerics",
            "EnsureShape",
            "Enter",
            "Exit",
            "ExpandDims",
            "FakeQuantWithMinMaxArgs",
            "FakeQuantWithMinMaxVars",
            "FusedBatchNorm",
            "FusedBatchNormV2",
            "FusedBatchNormV3",
            "Identity",
            "MaxPool",
            "MirrorPad",
            "NextIteration",
            "Pad",
            "PadV2",
            "PlaceholderWithDefault",
            "PreventGradient",
            "RealDiv",
            "Reshape",
            "Slice",
            "Snapshot",
            "SpaceToBatchND",
            "SplitV",
            "Squeeze",
            "StopGradient",
            "StridedSlice",
            "Sub",
            "Switch",
            "Transpose",
            "Unpack",
        ),
        (0,),
    ),
    **dict.fromkeys(
        ("Add", "AddN", "AddV2", "ConcatV2", "Maximum", "Merge", "Minimum", "Mul", "Pack"), None
    ),
    **dict.fromkeys(("Select", "SelectV2"), (1, 2)),
    "Split": (1,),
}
# Operations between a variable and the operation that applies it.
_KERNEL: Mapping[str, tuple[int, ...] | None] = dict.fromkeys(
    (
        "Cast",
        "Enter",
        "ExpandDims",
        "FakeQuantWithMinMaxArgs",
        "FakeQuantWithMinMaxVars",
        "FakeQuantWithMinMaxVarsPerChannel",
        "Identity",
        "ReadVariableOp",
        "Reshape",
        "Squeeze",
        "StopGradient",
        "StridedSlice",
        "Transpose",
    ),
    (0,),
)
# Between the halves of a separable convolution with a dilation.
_DILATION = ("BatchToSpaceND", "DepthwiseConv2dNative", "Identity", "SpaceToBatchND")
_BETWEEN_HALVES = 4
_VARIABLES = ("Const", "VarHandleOp", "Variable", "VariableV2")


def applied_kernels(graph: OperationGraph, tensor: Tensor) -> list[tuple[Tensor, Operation]]:
    """Return the nearest operations that apply a kernel to make a tensor, and their results.

    Where the tensor is the argument of a function, the search goes on at each of its callers.
    """
    found = []
    seen: set[Tensor] = set()
    starts = deque([tensor])
    while starts:
        level: list[Tensor] = [starts.popleft()]
        callers: list[Tensor] = []
        nearest: list[tuple[Tensor, Operation]] = []
        while level and not nearest:
            following: list[Tensor] = []
            for each in level:
                if each in seen or len(seen) >= _MOST_TENSORS:
                    continue
                seen.add(each)
                operation = graph.step(each)
                if operation is not None and operation.kind in KERNEL_INPUTS:
                    nearest.append((each, operation))
                elif operation is not None and operation.kind in _DATA:
                    following += _passed(graph, each, operation, _DATA)
                else:
                    outwards = operation is None and not each.calls
                    origins = graph.through_calls(each)
                    (callers if outwards else following).extend(
                        origin for origin in origins if isinstance(origin, Tensor)
                    )
            level = following
        found += nearest
        if not nearest:
            starts.extend(callers)
    return [pair for nearest in found for pair in _with_depthwise(graph, *nearest)]


class Origin(NamedTuple):
    """Where an operation takes its kernel from.

    Attributes
    ----------
    source : Tensor or Capture
        The variable or constant.
    place : int
        Which of the operation's inputs the kernel is.
    between : tuple of Tensor
        The results of the operations in between, from the source on.
    """

    source: Tensor | Capture
    place: int
    between: tuple[Tensor, ...]


def kernel_origins(graph: OperationGraph, tensor: Tensor, operation: Operation) -> list[Origin]:
    """Return the variables or constants that an operation takes its kernel from.

    Parameters
    ----------
    graph : OperationGraph
        The graph.
    tensor, operation : Tensor and Operation
        An operation that applies a kernel, and its result; see ``applied_kernels``.
    """
    inputs = graph.inputs(tensor, operation)
    places = [KERNEL_INPUTS[operation.kind]]
    if operation.kind in _EITHER:
        places += [place for place in range(len(inputs)) if place not in places]
    for place in places:
        origins = _origins(graph, inputs[place], place) if place < len(inputs) else []
        if origins:
            return origins
    return []


def _origins(graph: OperationGraph, tensor: Tensor, place: int) -> list[Origin]:
    found: list[Origin] = []
    seen: set[Tensor] = set()
    queue: deque[tuple[Tensor, tuple[Tensor, ...]]] = deque([(tensor, ())])
    while queue and len(seen) < _MOST_TENSORS:
        each, between = queue.popleft()
        if each in seen:
            continue
        seen.add(each)
        operation = graph.step(each)
        if operation is not None and operation.kind in _VARIABLES:
            found.append(Origin(each, place, between))
        elif operation is not None and operation.kind in _KERNEL:
            passed = _passed(graph, each, operation, _KERNEL)
            queue.extend((before, (each, *between)) for before in passed)
        else:
            for origin in graph.through_calls(each):
                if isinstance(origin, Tensor):
                    queue.append((origin, between))
                else:
                    found.append(Origin(origin, place, between))
    return found


def _passed(
    graph: OperationGraph,
    tensor: Tensor,
    operation: Operation,
    passing: Mapping[str, tuple[int, ...] | None],
) -> list[Tensor]:
    inputs = graph.inputs(tensor, operation)
    places = passing[operation.kind]
    return inputs if places is None else [inputs[place] for place in places if place < len(inputs)]


def _with_depthwise(
    graph: OperationGraph, tensor: Tensor, operation: Operation
) -> list[tuple[Tensor, Operation]]:
    """Put the depthwise half of a separable convolution before its pointwise half."""
    found = [(tensor, operation)]
    before: Operation | None = operation
    for _ in range(_BETWEEN_HALVES if operation.kind == "Conv2D" else 0):
        inputs = graph.inputs(tensor, before) if before else []
        before = graph.operation(inputs[0]) if inputs else None
        if before is None or before.kind not in _DILATION:
            break
        tensor = inputs[0]
        if before.kind == "DepthwiseConv2dNative":
            return [(tensor, before), *found]
    return found
