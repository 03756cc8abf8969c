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
RESHAPING_LAYERS = frozenset(
    {
        "Flatten",
        "Reshape",
        "Permute",
        "RepeatVector",
        "Identity",
        "Masking",
        "ActivityRegularization",
        "AddLoss",
        "AddMetric",
    }
    | {f"{kind}{rank}" for kind in ("Cropping", "ZeroPadding", "UpSampling") for rank in _RANKS}
)
ADAPTIVE_POOLINGS = frozenset(
    f"Adaptive{kind}Pooling{rank}" for kind in ("Average", "Max") for rank in _RANKS
)
ALL_POOLINGS = POOLINGS | ADAPTIVE_POOLINGS
MOVING_OPERATIONS = frozenset(
    {
        "ArraySplit", "BroadcastTo", "Cast", "ConvertToTensor", "Copy", "Dsplit", "ExpandDims",
        "Flip", "Fliplr", "Flipud", "GetItem", "Hsplit", "Moveaxis", "Ravel", "Rearrange", "Repeat",
        "Roll", "Rot90", "SaturateCast", "Slice", "Split", "Squeeze", "StopGradient", "Swapaxes",
        "Take", "Tile", "Transpose", "Unstack", "Vsplit",
    }
)  # fmt: skip
"""Operations of Keras 3 and of TensorFlow that move elements and do not change them."""
RESHAPES = RESHAPING_LAYERS | MOVING_OPERATIONS
KEEPS_DISTRIBUTION = (
    POOLINGS
    | ADAPTIVE_POOLINGS
    | RESHAPES
    | {"InputLayer", "AdaptiveAveragePool", "AdaptiveMaxPool", "AveragePool", "MaxPool"}
    | {"CropImages", "Pad", "PadImages"}
)
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
}
ACTIVATION_OPERATIONS = {
    "Celu": "celu",
    "Elu": "elu",
    "Gelu": "gelu",
    "Glu": "glu",
    "HardShrink": "hard_shrink",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "LeakyRelu": "leaky_relu",
    "LogSigmoid": "log_sigmoid",
    "LogSoftmax": "log_softmax",
    "Mish": "mish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "SoftShrink": "soft_shrink",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "SparsePlus": "sparse_plus",
    "SparseSigmoid": "sparse_sigmoid",
    "Sparsemax": "sparsemax",
    "Squareplus": "squareplus",
    "Tanh": "tanh",
    "TanhShrink": "tanh_shrink",
    "Threshold": "threshold",
}
ACTIVATIONS = ACTIVATION_LAYERS | ACTIVATION_OPERATIONS
"""Layers and operations that apply an activation of their own, and its name."""

ACTIVATION_NAMES = frozenset(ACTIVATIONS.values()) | {
    "exponential", "hard_swish", "linear", "swish", "crelu", "crelu_v2", "log_softmax_v2",
    "softmax_v2",
}  # fmt: skip
"""Names under which Keras finds its own activations, and those of TensorFlow."""

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

AUGMENTATIONS = frozenset(
    {
        "AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix",
        "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness",
        "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop",
        "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur",
        "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert", "RandomPerspective",
        "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness",
        "RandomShear", "RandomTranslation", "RandomWidth", "RandomZoom", "Solarization",
    }
)  # fmt: skip
"""Layers that change images, most of them in training only."""

OTHER_BUILT_IN = AUGMENTATIONS | frozenset(
    {
        "AdditiveAttention", "Attention", "MultiHeadAttention", "MultiHeadedAttention",
        "GroupedQueryAttention", "GroupQueryAttention", "Embedding", "ReversibleEmbedding",
        "DynamicEmbedding", "RandomFourierFeatures", "CategoryCrossing", "CategoryEncoding",
        "Discretization", "DynamicLookup", "Hashing", "HashedCrossing", "IndexLookup",
        "IntegerLookup", "StringLookup", "TextVectorization", "FeatureSpace", "TFDConcat",
        "TFDIdentity", "MelSpectrogram", "STFTSpectrogram", "Resizing", "CenterCrop", "Pipeline",
        "DenseFeatures", "SequenceFeatures", "Activation", "InputLayer", "TimeDistributed",
        "Bidirectional", "SpectralNormalization", "Wrapper", "DeviceWrapper", "DropoutWrapper",
        "ResidualWrapper", "DepthwiseConv3D", "Merge", "ConvLSTM1DCell", "ConvLSTM2DCell",
        "ConvLSTM3DCell", "MaxoutDense", "Highway", "ClassMethod", "InstanceMethod",
        "InstanceProperty",
    }
)  # fmt: skip
BUILT_IN_LAYERS = (
    ALL_DROPOUTS
    | POOLINGS
    | ADAPTIVE_POOLINGS
    | RESHAPING_LAYERS
    | MERGES
    | NORMALIZATIONS
    | PREPROCESSING
    | frozenset(ACTIVATION_LAYERS)
    | KERNEL_LAYERS
    | RECURRENT_CONTAINERS
    | OTHER_BUILT_IN
)
"""Layers of Keras 1 to 3, whose behaviour is known from class and config."""

FUNCTION_MODULES = frozenset({"activations", "applications", "ops", "quantizers"})
"""Packages in Keras all of whose operations and layers are known from class and config."""

CODE = frozenset(
    {
        "Lambda", "AssociativeScan", "Cond", "ForiLoop", "Function", "Map", "Scan", "Switch",
        "VectorizedMap", "WhileLoop",
        # Functions of TensorFlow, and the operations that they become.
        "case", "cond", "foldl", "foldr", "function", "map_fn", "numpy_function", "py_func",
        "py_function", "scan", "switch_case", "vectorized_map", "while_loop", "Case", "EagerPyFunc",
        "If", "PartitionedCall", "PyFunc", "StatefulPartitionedCall", "StatelessIf",
        "StatelessWhile", "While",
    }
)  # fmt: skip
"""Layers, operations and functions that apply functions of the model's author."""

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
    "CategoryEncodingV1": "CategoryEncoding",
    "IntegerLookupV1": "IntegerLookup",
    "NormalizationV1": "Normalization",
    "StringLookupV1": "StringLookup",
    "TextVectorizationV1": "TextVectorization",
} | {
    f"{prefix}{long}{rank}": f"{prefix}{short}{rank}"
    for prefix in ("", "Global")
    for long, short in (("MaxPool", "MaxPooling"), ("AvgPool", "AveragePooling"))
    for rank in _RANKS
}
"""Names that older releases used, and aliases, to the name of today."""

MERGE_MODES = {
    "concat": "Concatenate",
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "dot": "Dot",
    "cos": "Dot",
}
"""How a Merge of Keras 1 merges, to the layer of today."""

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
    "__operators__.getitem": "GetItem",
    "broadcast_to": "BroadcastTo",
    "cast": "Cast",
    "convert_to_tensor": "ConvertToTensor",
    "expand_dims": "ExpandDims",
    "gather": "Take",
    "identity": "Identity",
    "pad": "Pad",
    "repeat": "Repeat",
    "reshape": "Reshape",
    "reverse": "Flip",
    "roll": "Roll",
    "slice": "Slice",
    "split": "Split",
    "squeeze": "Squeeze",
    "stop_gradient": "StopGradient",
    "strided_slice": "Slice",
    "tile": "Tile",
    "transpose": "Transpose",
    "unstack": "Unstack",
    "nn.dropout": "Dropout",
    "keras.activations.selu": "Selu",
}
"""Functions of Keras 2's TFOpLambda, to the layer that does the same."""
