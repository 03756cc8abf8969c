"""What each kind of Keras layer does to the distribution of the elements that pass through it."""

from __future__ import annotations

DROPOUTS = frozenset({"Dropout"})
STRUCTURED_DROPOUTS = frozenset({"SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"})
NOISES = frozenset({"GaussianDropout", "GaussianNoise"})
ALPHA_DROPOUTS = frozenset({"AlphaDropout"})
ALL_DROPOUTS = DROPOUTS | STRUCTURED_DROPOUTS | NOISES | ALPHA_DROPOUTS

_RANKS = ("1D", "2D", "3D")
POOLINGS = frozenset(
    f"{scope}{kind}{rank}"
    for scope in ("", "Global")
    for kind in ("MaxPooling", "AveragePooling")
    for rank in _RANKS
)
RESHAPES = frozenset(
    {
        "Flatten",
        "Reshape",
        "Permute",
        "RepeatVector",
        "Identity",
        "Masking",
        "ActivityRegularization",
    }
    | {f"{kind}{rank}" for kind in ("Cropping", "ZeroPadding", "UpSampling") for rank in _RANKS}
    # Operations of Keras 3 and of TensorFlow that move elements and do not change them.
    | {"Transpose", "Squeeze", "ExpandDims", "GetItem", "Slice", "Repeat", "Copy", "StopGradient"}
)
ADAPTIVE_POOLINGS = frozenset(
    f"Adaptive{kind}Pooling{rank}" for kind in ("Average", "Max") for rank in _RANKS
)
KEEPS_DISTRIBUTION = POOLINGS | ADAPTIVE_POOLINGS | RESHAPES | {"InputLayer"}
"""Layers behind which the elements have nearly the distribution that they had before."""

MERGES_KEEPING_SELU = frozenset({"Concatenate", "Add", "Average"})
ELEMENTWISE_MERGES = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
MERGES = ELEMENTWISE_MERGES | {"Concatenate", "Dot"}

NORMALIZATIONS = frozenset(
    {
        "BatchNormalization",
        "SyncBatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "InstanceNormalization",
        "UnitNormalization",
        "RMSNormalization",
    }
)
PREPROCESSING = frozenset({"Normalization", "Rescaling"})

ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "ThresholdedReLU": "thresholded_relu",
    "Softmax": "softmax",
    "Selu": "selu",
    "Relu": "relu",
    "Relu6": "relu6",
    "Elu": "elu",
    "Gelu": "gelu",
    "Silu": "silu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "LeakyRelu": "leaky_relu",
}
"""Layers and operation nodes that apply an activation of their own."""

DENSE = frozenset({"Dense", "EinsumDense"})
CONVOLUTIONS = frozenset({"Conv1D", "Conv2D", "Conv3D"})
TRANSPOSED_CONVOLUTIONS = frozenset({"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
DEPTHWISE_CONVOLUTIONS = frozenset({"DepthwiseConv1D", "DepthwiseConv2D"})
SEPARABLE_CONVOLUTIONS = frozenset({"SeparableConv1D", "SeparableConv2D"})
LOCALLY_CONNECTED = frozenset({"LocallyConnected1D", "LocallyConnected2D"})
RECURRENT = frozenset(
    {"SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell"}
    | {f"ConvLSTM{rank}" for rank in _RANKS}
)
GATED = RECURRENT - {"SimpleRNN", "SimpleRNNCell"}
"""Recurrent layers whose gates change what their activation gives."""
RECURRENT_CONTAINERS = frozenset({"RNN", "StackedRNNCells"})
GATES = {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3, "SimpleRNN": 1, "SimpleRNNCell": 1} | {
    f"ConvLSTM{rank}": 4 for rank in _RANKS
}
KERNEL_LAYERS = (
    DENSE
    | CONVOLUTIONS
    | TRANSPOSED_CONVOLUTIONS
    | DEPTHWISE_CONVOLUTIONS
    | SEPARABLE_CONVOLUTIONS
    | LOCALLY_CONNECTED
    | RECURRENT
)

KERNEL_SLOTS: dict[str, tuple[str, ...]] = (
    dict.fromkeys(KERNEL_LAYERS, ("kernel_initializer",))
    | dict.fromkeys(DEPTHWISE_CONVOLUTIONS, ("depthwise_initializer",))
    | dict.fromkeys(SEPARABLE_CONVOLUTIONS, ("depthwise_initializer", "pointwise_initializer"))
)
"""The initializer slots of the kernels of each layer, in the order of its variables."""

OTHER_BUILT_IN = frozenset(
    {
        "AdditiveAttention", "Attention", "MultiHeadAttention", "MultiHeadedAttention",
        "GroupedQueryAttention", "GroupQueryAttention", "Embedding", "ReversibleEmbedding",
        "CategoryEncoding", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup",
        "StringLookup", "TextVectorization", "FeatureSpace", "MelSpectrogram", "STFTSpectrogram",
        "Resizing", "CenterCrop", "Activation", "InputLayer", "TimeDistributed", "Bidirectional",
        "SpectralNormalization", "DepthwiseConv3D", "Merge", "ConvLSTM1DCell", "ConvLSTM2DCell",
        "ConvLSTM3DCell", "MaxoutDense", "Highway", "Wrapper", "DenseFeatures",
    }
)  # fmt: skip
BUILT_IN = (
    ALL_DROPOUTS
    | KEEPS_DISTRIBUTION
    | MERGES
    | NORMALIZATIONS
    | PREPROCESSING
    | frozenset(ACTIVATION_LAYERS)
    | KERNEL_LAYERS
    | RECURRENT_CONTAINERS
    | OTHER_BUILT_IN
)
"""Layers of Keras itself, whose behaviour is known from class and config."""

CANONICAL = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalizationV2": "BatchNormalization",
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "SlicingOpLambda": "GetItem",
} | {
    f"{prefix}{long}{rank}": f"{prefix}{short}{rank}"
    for prefix in ("", "Global")
    for long, short in (("MaxPool", "MaxPooling"), ("AvgPool", "AveragePooling"))
    for rank in _RANKS
}
"""Names that older releases used, and aliases, to the name of today."""

TENSORFLOW_OPERATIONS = {
    "nn.selu": "Selu",
    "nn.relu": "ReLU",
    "nn.relu6": "Relu6",
    "nn.elu": "ELU",
    "nn.leaky_relu": "LeakyReLU",
    "nn.gelu": "Gelu",
    "nn.silu": "Silu",
    "nn.swish": "Silu",
    "nn.softmax": "Softmax",
    "nn.softplus": "Softplus",
    "nn.sigmoid": "Sigmoid",
    "math.sigmoid": "Sigmoid",
    "math.tanh": "Tanh",
    "concat": "Concatenate",
    "math.add": "Add",
    "__operators__.add": "Add",
    "add": "Add",
    "math.add_n": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "squeeze": "Squeeze",
    "expand_dims": "ExpandDims",
    "identity": "Identity",
    "stop_gradient": "StopGradient",
    "__operators__.getitem": "GetItem",
    "slice": "Slice",
    "nn.dropout": "Dropout",
    "keras.activations.selu": "Selu",
}
"""Functions of Keras 2's TFOpLambda, to the layer that does the same."""
