"""The names of Keras and TensorFlow that a model file may use when Keras builds the model.

They are exact: all of them only compute, and none opens a file, an address or code. What a release
adds is missing here until somebody has looked at it.
"""

from __future__ import annotations

_RANKS = ("1D", "2D", "3D")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODELS = _names("Functional Model Sequential")

LAYERS = (
    _names(
        """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention AugMix
    AutoContrast Average BatchNormalization BatchNormalizationV1 BatchNormalizationV2 Bidirectional
    CategoryEncoding CenterCrop Concatenate ConvLSTM1DCell ConvLSTM2DCell ConvLSTM3DCell CuDNNGRU
    CuDNNLSTM CutMix Dense DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU
    EinsumDense Embedding Equalization Flatten GRU GRUCell GRUV2 GaussianDropout GaussianNoise
    GroupNormalization GroupQueryAttention GroupedQueryAttention HashedCrossing Hashing Identity
    InputLayer IntegerLookup LSTM LSTMCell LSTMV2 LayerNormalization LeakyReLU LocallyConnected1D
    LocallyConnected2D Masking MaxNumBoundingBoxes Maximum MelSpectrogram Minimum MixUp
    MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization RNN RandAugment
    RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop
    RandomElasticTransform RandomErasing RandomFlip RandomFourierFeatures RandomGaussianBlur
    RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective RandomPosterization
    RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth
    RandomZoom ReLU RepeatVector Rescaling Reshape Resizing ReversibleEmbedding STFTSpectrogram
    SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D SimpleRNN
    SimpleRNNCell Softmax Solarization SpectralNormalization StackedRNNCells StringLookup Subtract
    SyncBatchNormalization SyncBatchNormalizationV2 TextVectorization ThresholdedReLU
    TimeDistributed UnitNormalization
    """
    )
    | {
        f"{kind}{rank}"
        for rank in _RANKS
        for kind in (
            *("AdaptiveAveragePooling", "AdaptiveMaxPooling", "Conv", "ConvLSTM", "Convolution"),
            *("Cropping", "SpatialDropout", "UpSampling", "ZeroPadding"),
            *("AveragePooling", "AvgPool", "GlobalAveragePooling", "GlobalAvgPool"),
            *("GlobalMaxPool", "GlobalMaxPooling", "MaxPool", "MaxPooling"),
        )
    }
    | {f"{kind}{rank}Transpose" for rank in _RANKS for kind in ("Conv", "Convolution")}
)

LOOKUPS = _names("IntegerLookup StringLookup TextVectorization")
"""Layers whose ``vocabulary`` may be the path of a file."""

INITIALIZERS = _names(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal
    LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT
    STFTInitializer TruncatedNormal VarianceScaling Zeros
    """
)

REGULARIZERS = _names("L1 L1L2 L2 OrthogonalRegularizer")

CONSTRAINTS = _names("MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm")

LOSSES = _names(
    """
    BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
    CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge Circle
    CosineSimilarity Dice Hinge Huber KLDivergence LogCosh LossFunctionWrapper MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge Tversky
    """
)

METRICS = _names(
    """
    AUC Accuracy BinaryAccuracy BinaryIoU CategoricalAccuracy ConcordanceCorrelation F1Score
    FBetaScore FalseNegatives FalsePositives IoU LogCoshError Mean MeanIoU MeanMetricWrapper
    MeanRelativeError MeanTensor OneHotIoU OneHotMeanIoU PearsonCorrelation Precision
    PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
    SensitivityAtSpecificity SparseCategoricalAccuracy SparseTopKCategoricalAccuracy
    SpecificityAtSensitivity Sum TopKCategoricalAccuracy TrueNegatives TruePositives
    """
)

OPTIMIZERS = _names(
    """
    Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Muon Nadam
    RMSprop SGD
    """
)

SCHEDULES = _names(
    """
    CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay
    PolynomialDecay
    """
)

POLICIES = _names(
    """
    DTypePolicy DTypePolicyMap FloatDTypePolicy Policy PolicyV1 QuantizedDTypePolicy
    QuantizedFloat8DTypePolicy
    """
)

DATA = _names(
    """
    TensorShape __bytes__ __ellipsis__ __keras_tensor__ __numpy__ __slice__ __tensor__ __tuple__
    """
)
"""Values that Keras writes as an object with a class name."""

CLASSES = (
    MODELS
    | LAYERS
    | INITIALIZERS
    | REGULARIZERS
    | CONSTRAINTS
    | LOSSES
    | METRICS
    | OPTIMIZERS
    | SCHEDULES
    | POLICIES
    | DATA
)

FUNCTIONS = _names(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
    linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus
    softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
    KLD MAE MAPE MSE MSLE acc accuracy bce binary_accuracy binary_crossentropy
    binary_focal_crossentropy categorical_accuracy categorical_crossentropy
    categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge ce circle
    concordance_correlation cosine cosine_proximity cosine_similarity crossentropy ctc dice hinge
    huber huber_loss kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae mape
    mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error mse msle pearson_correlation poisson sparse_categorical_accuracy
    sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge
    top_k_categorical_accuracy tversky
    """
)
"""Activation functions, losses and metrics."""

SHORT_NAMES = _names(
    """
    constant glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform
    normal one ones orthogonal random_normal random_uniform stft truncated_normal uniform
    variance_scaling zero zeros
    l1 l1_l2 l1l2 l2 orthogonal_regularizer
    max_norm maxnorm min_max_norm non_neg nonneg radial_constraint unit_norm unitnorm
    adadelta adafactor adagrad adam adamax adamw ftrl lamb lion muon nadam rmsprop sgd
    """
)
"""Initializers, regularizers, constraints and optimizers as a text names them."""

MODULES = _names(
    """
    builtins keras keras.activations keras.constraints keras.dtype_policies keras.engine.functional
    keras.engine.sequential keras.initializers keras.layers keras.layers.experimental
    keras.layers.experimental.preprocessing keras.losses keras.metrics keras.mixed_precision
    keras.models keras.optimizers keras.optimizers.experimental keras.optimizers.legacy
    keras.optimizers.schedules keras.regularizers keras.src.engine.functional
    keras.src.engine.sequential keras.src.models.functional keras.src.models.sequential
    tf_keras.src.engine.functional tf_keras.src.engine.sequential
    """
)
"""Where these classes and functions may be taken from."""

OPERATION_MODULES = frozenset(
    f"keras.src.ops.{name}"
    for name in ("core", "einops", "image", "linalg", "math", "nn", "numpy", "operation")
)

OPERATIONS = _names(
    """
    Abs Absolute Add All AllClose Amax Amin Angle Any Append Arange Arccos Arccosh Arcsin Arcsinh
    Arctan Arctan2 Arctanh Argmax Argmin Argpartition Argsort Array ArraySplit Average Bincount
    BitwiseAnd BitwiseInvert BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor
    BroadcastTo Cbrt Ceil Clip Concatenate Conj Conjugate Copy Corrcoef Correlate Cos Cosh
    CountNonzero Cross Cumprod Cumsum Deg2rad Diag Diagflat Diagonal Diff Digitize Divide
    DivideNoNan Dot Dsplit Dstack Einsum EmptyLike Equal Exp Exp2 ExpandDims Expm1 Fabs Flip Fliplr
    Flipud Floor FloorDivide Fmax Fmin Fmod Full FullLike Gcd Geomspace GetItem Greater GreaterEqual
    Heaviside Histogram Hsplit Hstack Hypot I0 Imag Inner IsIn Isclose Isfinite Isinf Isnan Isneginf
    Isposinf Isreal Kron Lcm Ldexp LeftShift Less LessEqual Linspace Log Log10 Log1p Log2 Logaddexp
    Logaddexp2 LogicalAnd LogicalNot LogicalOr LogicalXor Logspace Matmul Max Maximum Mean Median
    Meshgrid Min Minimum Mod Moveaxis Multiply NanToNum Nanargmax Nanargmin Nancumprod Nancumsum
    Nanmax Nanmean Nanmedian Nanmin Nanpercentile Nanprod Nanquantile Nanstd Nansum Nanvar Ndim
    Negative Nextafter Nonzero NotEqual OnesLike Outer Pad Percentile Power Prod Ptp Quantile
    Rad2deg Ravel Real Reciprocal Repeat Reshape RightShift Roll Rot90 Round SearchSorted Select
    Sign Signbit Sin Sinc Sinh Size Slogdet Sort Split Sqrt Square Squeeze Stack Std Subtract Sum
    Swapaxes Take TakeAlongAxis Tan Tanh Tensordot Tile Trace Transpose Trapezoid Tril Triu
    TrueDivide Trunc Unique UnravelIndex Vander Var Vdot View Vsplit Vstack Where ZerosLike
    AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm BinaryCrossentropy
    CategoricalCrossentropy Celu Conv ConvTranspose DepthToSpace DepthwiseConv DotProductAttention
    Elu Fold Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid
    LogSoftmax MaxPool Moments MultiHot Normalize OneHot PSNR Polar RMSNorm Relu Relu6 Selu
    SeparableConv Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth
    SparseCategoricalCrossentropy SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold
    Unfold
    CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 IRFFT ISTFT InTopK Logdet Logsumexp RFFT
    Rsqrt STFT SegmentMax SegmentMin SegmentProd SegmentSum TopK ViewAsComplex ViewAsReal
    Cholesky CholeskyInverse Det Eig Eigh Inv Lstsq LuFactor MatrixRank Norm Pinv Qr SVD Solve
    SolveTriangular
    AffineTransform CropImages ElasticTransform ExtractPatches GaussianBlur HSVToRGB MapCoordinates
    PadImages PerspectiveTransform RGBToGrayscale RGBToHSV Resize SSIM ScaleAndTranslate SobelEdges
    Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice SliceUpdate StopGradient Unstack
    Rearrange
    """
)
"""Operations of Keras 3; those that call a function that they are given are not among them."""

TENSORFLOW_FUNCTIONS = _names(
    """
    __operators__.add __operators__.getitem __operators__.nonzero
    abs acos acosh add add_n argmax argmin argsort asin asinh atan atan2 atanh bitcast boolean_mask
    broadcast_to cast clip_by_norm clip_by_value complex concat constant convert_to_tensor cos cosh
    cumsum divide einsum ensure_shape equal exp expand_dims eye fill floor gather gather_nd greater
    greater_equal identity less less_equal linspace logical_and logical_not logical_or matmul
    maximum meshgrid minimum multiply negative norm not_equal one_hot ones ones_like pad pow range
    rank reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod
    reduce_sum repeat reshape reverse roll round saturate_cast scatter_nd searchsorted sequence_mask
    shape sigmoid sign sin sinh size slice sort split sqrt square squeeze stack stop_gradient
    strided_slice subtract tan tanh tensor_scatter_nd_add tensor_scatter_nd_update tensordot tile
    transpose truediv unique unstack where zeros zeros_like
    image.adjust_brightness image.adjust_contrast image.adjust_gamma image.adjust_hue
    image.adjust_saturation image.central_crop image.convert_image_dtype image.crop_to_bounding_box
    image.extract_patches image.flip_left_right image.flip_up_down image.grayscale_to_rgb
    image.hsv_to_rgb image.pad_to_bounding_box image.per_image_standardization image.resize
    image.resize_with_crop_or_pad image.resize_with_pad image.rgb_to_grayscale image.rgb_to_hsv
    image.rot90 image.sobel_edges image.transpose
    keras.activations.elu keras.activations.exponential keras.activations.gelu
    keras.activations.hard_sigmoid keras.activations.linear keras.activations.mish
    keras.activations.relu keras.activations.selu keras.activations.sigmoid
    keras.activations.softmax keras.activations.softplus keras.activations.softsign
    keras.activations.swish keras.activations.tanh
    keras.backend.abs keras.backend.argmax keras.backend.batch_dot keras.backend.batch_flatten
    keras.backend.cast keras.backend.clip keras.backend.concatenate keras.backend.cos
    keras.backend.dot keras.backend.elu keras.backend.exp keras.backend.expand_dims
    keras.backend.flatten keras.backend.hard_sigmoid keras.backend.l2_normalize keras.backend.log
    keras.backend.max keras.backend.maximum keras.backend.mean keras.backend.min
    keras.backend.minimum keras.backend.ones_like keras.backend.permute_dimensions
    keras.backend.pow keras.backend.prod keras.backend.relu keras.backend.repeat
    keras.backend.reshape keras.backend.reverse keras.backend.round keras.backend.shape
    keras.backend.sigmoid keras.backend.sign keras.backend.sin keras.backend.softmax
    keras.backend.softplus keras.backend.softsign keras.backend.sqrt keras.backend.square
    keras.backend.squeeze keras.backend.stack keras.backend.std keras.backend.stop_gradient
    keras.backend.sum keras.backend.tanh keras.backend.tile keras.backend.transpose
    keras.backend.var keras.backend.zeros_like
    linalg.adjoint linalg.band_part linalg.cholesky linalg.cross linalg.det linalg.diag
    linalg.diag_part linalg.einsum linalg.eye linalg.inv linalg.l2_normalize linalg.matmul
    linalg.matrix_transpose linalg.matvec linalg.norm linalg.normalize linalg.set_diag
    linalg.solve linalg.tensordot linalg.trace
    math.abs math.acos math.acosh math.add math.add_n math.angle math.argmax math.argmin math.asin
    math.asinh math.atan math.atan2 math.atanh math.ceil math.conj math.cos math.cosh
    math.count_nonzero math.cumprod math.cumsum math.cumulative_logsumexp math.digamma math.divide
    math.divide_no_nan math.equal math.erf math.erfc math.erfinv math.exp math.expm1 math.floor
    math.floordiv math.floormod math.greater math.greater_equal math.imag math.is_finite math.is_inf
    math.is_nan math.l2_normalize math.less math.less_equal math.lgamma math.log math.log1p
    math.log_sigmoid math.log_softmax math.logical_and math.logical_not math.logical_or
    math.logical_xor math.maximum math.minimum math.mod math.multiply math.multiply_no_nan
    math.negative math.not_equal math.pow math.real math.reciprocal math.reciprocal_no_nan
    math.reduce_all math.reduce_any math.reduce_euclidean_norm math.reduce_logsumexp
    math.reduce_max math.reduce_mean math.reduce_min math.reduce_prod math.reduce_std
    math.reduce_sum math.reduce_variance math.rint math.round math.rsqrt math.scalar_mul
    math.sigmoid math.sign math.sin math.sinh math.softmax math.softplus math.softsign math.sqrt
    math.square math.squared_difference math.subtract math.tan math.tanh math.top_k math.truediv
    math.xdivy math.xlog1py math.xlogy math.zero_fraction
    nn.avg_pool nn.avg_pool1d nn.avg_pool2d nn.avg_pool3d nn.batch_normalization nn.bias_add
    nn.conv1d nn.conv2d nn.conv3d nn.convolution nn.crelu nn.depth_to_space nn.depthwise_conv2d
    nn.dropout nn.elu nn.embedding_lookup nn.gelu nn.l2_normalize nn.leaky_relu
    nn.local_response_normalization nn.log_softmax nn.max_pool nn.max_pool1d nn.max_pool2d
    nn.max_pool3d nn.moments nn.pool nn.relu nn.relu6 nn.selu nn.separable_conv2d nn.sigmoid
    nn.silu nn.softmax nn.softplus nn.softsign nn.space_to_depth nn.swish nn.tanh nn.top_k
    random.normal random.shuffle random.stateless_normal random.stateless_uniform
    random.truncated_normal random.uniform
    signal.fft signal.fft2d signal.fft3d signal.fftshift signal.frame signal.ifft signal.ifft2d
    signal.ifft3d signal.ifftshift signal.irfft signal.rfft signal.stft
    """
)
"""Functions of TensorFlow that a TFOpLambda of Keras 2 may call; ``compat.v1`` has some, too."""

SLICING_FUNCTIONS = frozenset({"__operators__.getitem"})

WORDS = _names(
    """
    _CONSTANT_VALUE
    bfloat16 bool complex128 complex64 double float float16 float32 float64 half int int16 int32
    int64 int8 uint16 uint32 uint64 uint8
    NCDHW NCHW NCW NDHWC NHWC NWC channels_first channels_last
    CONSTANT FULL REFLECT SAME SYMMETRIC VALID constant reflect same symmetric valid
    area bicubic bilinear euclidean fro gaussian lanczos3 lanczos5 mitchellcubic nearest
    ASCENDING AVG DESCENDING MAX left right ij xy
    """
)
"""Texts that may be arguments of these functions: types, layouts and modes."""
