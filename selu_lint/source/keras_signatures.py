"""The parameters of Keras's layers and initializers, in order; data made by
``tests/generate_keras_signatures.py`` from Keras-1.2.2, keras-2.15.0, keras-3.15.1.
"""

from __future__ import annotations

KERAS_1 = {
    "Activation": "activation",
    "ActivityRegularization": "l1=0.0, l2=0.0",
    "AtrousConvolution1D": "nb_filter, filter_length, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample_length=1, atrous_rate=1, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "AtrousConvolution2D": "nb_filter, nb_row, nb_col, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1), atrous_rate=(1, 1), dim_ordering='default', W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "AveragePooling1D": "pool_length=2, stride=None, border_mode='valid'",
    "AveragePooling2D": "pool_size=(2, 2), strides=None, border_mode='valid', dim_ordering='default'",  # noqa: E501
    "AveragePooling3D": "pool_size=(2, 2, 2), strides=None, border_mode='valid', dim_ordering='default'",  # noqa: E501
    "BatchNormalization": "epsilon=0.001, mode=0, axis=-1, momentum=0.99, weights=None, beta_init='zero', gamma_init='one', gamma_regularizer=None, beta_regularizer=None",  # noqa: E501
    "Bidirectional": "layer, merge_mode='concat', weights=None",
    "ConvLSTM2D": "nb_filter, nb_row, nb_col, init='glorot_uniform', inner_init='orthogonal', forget_bias_init='one', activation='tanh', inner_activation='hard_sigmoid', dim_ordering='default', border_mode='valid', subsample=(1, 1), W_regularizer=None, U_regularizer=None, b_regularizer=None, dropout_W=0.0, dropout_U=0.0",  # noqa: E501
    "Convolution1D": "nb_filter, filter_length, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample_length=1, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None, input_length=None",  # noqa: E501
    "Convolution2D": "nb_filter, nb_row, nb_col, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1), dim_ordering='default', W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "Convolution3D": "nb_filter, kernel_dim1, kernel_dim2, kernel_dim3, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1, 1), dim_ordering='default', W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "Cropping1D": "cropping=(1, 1)",
    "Cropping2D": "cropping=((0, 0), (0, 0)), dim_ordering='default'",
    "Cropping3D": "cropping=((1, 1), (1, 1), (1, 1)), dim_ordering='default'",
    "Deconvolution2D": "nb_filter, nb_row, nb_col, output_shape, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1), dim_ordering='default', W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "Dense": "output_dim, init='glorot_uniform', activation=None, weights=None, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None",  # noqa: E501
    "Dropout": "p, noise_shape=None, seed=None",
    "ELU": "alpha=1.0",
    "Embedding": "input_dim, output_dim, init='uniform', input_length=None, W_regularizer=None, activity_regularizer=None, W_constraint=None, mask_zero=False, weights=None, dropout=0.0",  # noqa: E501
    "GRU": "output_dim, init='glorot_uniform', inner_init='orthogonal', activation='tanh', inner_activation='hard_sigmoid', W_regularizer=None, U_regularizer=None, b_regularizer=None, dropout_W=0.0, dropout_U=0.0",  # noqa: E501
    "GaussianDropout": "p",
    "GaussianNoise": "sigma",
    "GlobalAveragePooling2D": "dim_ordering='default'",
    "GlobalAveragePooling3D": "dim_ordering='default'",
    "GlobalMaxPooling2D": "dim_ordering='default'",
    "GlobalMaxPooling3D": "dim_ordering='default'",
    "Highway": "init='glorot_uniform', activation=None, weights=None, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None",  # noqa: E501
    "InputLayer": "input_shape=None, batch_input_shape=None, input_dtype=None, input_tensor=None, sparse=False, name=None",  # noqa: E501
    "LSTM": "output_dim, init='glorot_uniform', inner_init='orthogonal', forget_bias_init='one', activation='tanh', inner_activation='hard_sigmoid', W_regularizer=None, U_regularizer=None, b_regularizer=None, dropout_W=0.0, dropout_U=0.0",  # noqa: E501
    "Lambda": "function, output_shape=None, arguments=None",
    "LeakyReLU": "alpha=0.3",
    "LocallyConnected1D": "nb_filter, filter_length, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample_length=1, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None, input_length=None",  # noqa: E501
    "LocallyConnected2D": "nb_filter, nb_row, nb_col, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1), dim_ordering='default', W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "Masking": "mask_value=0.0",
    "MaxPooling1D": "pool_length=2, stride=None, border_mode='valid'",
    "MaxPooling2D": "pool_size=(2, 2), strides=None, border_mode='valid', dim_ordering='default'",
    "MaxPooling3D": "pool_size=(2, 2, 2), strides=None, border_mode='valid', dim_ordering='default'",  # noqa: E501
    "MaxoutDense": "output_dim, nb_feature=4, init='glorot_uniform', weights=None, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None",  # noqa: E501
    "Merge": "layers=None, mode='sum', concat_axis=-1, dot_axes=-1, output_shape=None, output_mask=None, arguments=None, node_indices=None, tensor_indices=None, name=None",  # noqa: E501
    "PReLU": "init='zero', weights=None, shared_axes=None",
    "Permute": "dims",
    "RepeatVector": "n",
    "Reshape": "target_shape",
    "SeparableConvolution2D": "nb_filter, nb_row, nb_col, init='glorot_uniform', activation=None, weights=None, border_mode='valid', subsample=(1, 1), depth_multiplier=1, dim_ordering='default', depthwise_regularizer=None, pointwise_regularizer=None, b_regularizer=None, activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, b_constraint=None, bias=True",  # noqa: E501
    "SimpleRNN": "output_dim, init='glorot_uniform', inner_init='orthogonal', activation='tanh', W_regularizer=None, U_regularizer=None, b_regularizer=None, dropout_W=0.0, dropout_U=0.0",  # noqa: E501
    "SpatialDropout1D": "p",
    "SpatialDropout2D": "p, dim_ordering='default'",
    "SpatialDropout3D": "p, dim_ordering='default'",
    "ThresholdedReLU": "theta=1.0",
    "TimeDistributed": "layer",
    "TimeDistributedDense": "output_dim, init='glorot_uniform', activation=None, weights=None, W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, input_dim=None, input_length=None",  # noqa: E501
    "UpSampling1D": "length=2",
    "UpSampling2D": "size=(2, 2), dim_ordering='default'",
    "UpSampling3D": "size=(2, 2, 2), dim_ordering='default'",
    "Wrapper": "layer",
    "ZeroPadding1D": "padding=1",
    "ZeroPadding2D": "padding=(1, 1), dim_ordering='default'",
    "ZeroPadding3D": "padding=(1, 1, 1), dim_ordering='default'",
}

LATEST = {
    "Activation": "activation",
    "ActivityRegularization": "l1=0.0, l2=0.0",
    "AdaptiveAveragePooling1D": "output_size, data_format=None",
    "AdaptiveAveragePooling2D": "output_size, data_format=None",
    "AdaptiveAveragePooling3D": "output_size, data_format=None",
    "AdaptiveMaxPooling1D": "output_size, data_format=None",
    "AdaptiveMaxPooling2D": "output_size, data_format=None",
    "AdaptiveMaxPooling3D": "output_size, data_format=None",
    "AddLoss": "unconditional",
    "AddMetric": "aggregation=None, metric_name=None",
    "AdditiveAttention": "use_scale=True, dropout=0.0",
    "AlphaDropout": "rate, noise_shape=None, seed=None",
    "Attention": "use_scale=False, score_mode='dot', dropout=0.0, seed=None",
    "AugMix": "value_range=(0, 255), num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True, interpolation='bilinear', seed=None, data_format=None",  # noqa: E501
    "AutoContrast": "value_range=(0, 255)",
    "AveragePooling1D": "pool_size, strides=None, padding='valid', data_format=None, name=None",
    "AveragePooling2D": "pool_size, strides=None, padding='valid', data_format=None, name=None",
    "AveragePooling3D": "pool_size, strides=None, padding='valid', data_format=None, name=None",
    "BatchNormalization": "axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', moving_mean_initializer='zeros', moving_variance_initializer='ones', beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None, renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False",  # noqa: E501
    "Bidirectional": "layer, merge_mode='concat', weights=None, backward_layer=None",
    "CategoryEncoding": "num_tokens=None, output_mode='multi_hot', sparse=False",
    "CenterCrop": "height, width, data_format=None",
    "ClassMethod": "cls_ref, method_name",
    "Concatenate": "axis=-1",
    "Constant": "value=0.0",
    "ContrastLimitedAdaptiveHistogramEqualization": "value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None",  # noqa: E501
    "Conv1D": "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "Conv1DTranspose": "filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None, dilation_rate=1, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "Conv2D": "filters, kernel_size, strides=(1, 1), padding='valid', data_format=None, dilation_rate=(1, 1), groups=1, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "Conv2DTranspose": "filters, kernel_size, strides=(1, 1), padding='valid', output_padding=None, data_format=None, dilation_rate=(1, 1), activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "Conv3D": "filters, kernel_size, strides=(1, 1, 1), padding='valid', data_format=None, dilation_rate=(1, 1, 1), groups=1, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "Conv3DTranspose": "filters, kernel_size, strides=(1, 1, 1), padding='valid', data_format=None, output_padding=None, dilation_rate=(1, 1, 1), activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None",  # noqa: E501
    "ConvLSTM1D": "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False",  # noqa: E501
    "ConvLSTM2D": "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False",  # noqa: E501
    "ConvLSTM3D": "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False",  # noqa: E501
    "Cropping1D": "cropping=(1, 1)",
    "Cropping2D": "cropping=((0, 0), (0, 0)), data_format=None",
    "Cropping3D": "cropping=((1, 1), (1, 1), (1, 1)), data_format=None",
    "CuDNNGRU": "units, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False",  # noqa: E501
    "CuDNNLSTM": "units, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False",  # noqa: E501
    "CutMix": "factor=1.0, seed=None, data_format=None",
    "Dense": "units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, lora_rank=None, lora_alpha=None, quantization_config=None",  # noqa: E501
    "DepthwiseConv1D": "kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1, activation=None, use_bias=True, depthwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, bias_constraint=None",  # noqa: E501
    "DepthwiseConv2D": "kernel_size, strides=(1, 1), padding='valid', depth_multiplier=1, data_format=None, dilation_rate=(1, 1), activation=None, use_bias=True, depthwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, bias_constraint=None",  # noqa: E501
    "DeviceWrapper": "cell, device",
    "Discretization": "bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode='int', sparse=False, dtype=None, name=None",  # noqa: E501
    "Dot": "axes, normalize=False",
    "Dropout": "rate, noise_shape=None, seed=None",
    "DropoutWrapper": "cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0, variational_recurrent=False, input_size=None, dtype=None, seed=None, dropout_state_filter_visitor=None",  # noqa: E501
    "ELU": "alpha=1.0",
    "EinsumDense": "equation, output_shape, activation=None, bias_axes=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None, bias_constraint=None, lora_rank=None, lora_alpha=None, gptq_unpacked_column_size=None, quantization_config=None",  # noqa: E501
    "Embedding": "input_dim, output_dim, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None, lora_alpha=None, quantization_config=None",  # noqa: E501
    "Equalization": "value_range=(0, 255), bins=256, data_format=None",
    "FeatureSpace": "features, output_mode='concat', crosses=None, crossing_dim=32, hashing_dim=32, num_discretization_bins=32, name=None",  # noqa: E501
    "Flatten": "data_format=None",
    "GRU": "units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, reset_after=True, use_cudnn='auto'",  # noqa: E501
    "GRUCell": "units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, reset_after=True, seed=None",  # noqa: E501
    "GaussianDropout": "rate, seed=None",
    "GaussianNoise": "stddev, seed=None",
    "GlobalAveragePooling1D": "data_format=None, keepdims=False",
    "GlobalAveragePooling2D": "data_format=None, keepdims=False",
    "GlobalAveragePooling3D": "data_format=None, keepdims=False",
    "GlobalMaxPooling1D": "data_format=None, keepdims=False",
    "GlobalMaxPooling2D": "data_format=None, keepdims=False",
    "GlobalMaxPooling3D": "data_format=None, keepdims=False",
    "GlorotNormal": "seed=None, input_axes=None, output_axes=None",
    "GlorotUniform": "seed=None, input_axes=None, output_axes=None",
    "GroupNormalization": "groups=32, axis=-1, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None",  # noqa: E501
    "GroupedQueryAttention": "head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, sliding_window=None, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None",  # noqa: E501
    "HashedCrossing": "num_bins, output_mode='int', sparse=False, name=None, dtype=None",
    "Hashing": "num_bins, mask_value=None, salt=None, output_mode='int', sparse=False",
    "HeNormal": "seed=None, input_axes=None, output_axes=None",
    "HeUniform": "seed=None, input_axes=None, output_axes=None",
    "Identity": "gain=1.0",
    "IndexLookup": "max_tokens, num_oov_indices, mask_token, oov_token, vocabulary_dtype, vocabulary=None, idf_weights=None, invert=False, output_mode='int', sparse=False, pad_to_max_tokens=False, oov_method='floormod', name=None, salt=None",  # noqa: E501
    "InputLayer": "shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None, input_tensor=None, optional=False, name=None",  # noqa: E501
    "InstanceMethod": "attr_name",
    "InstanceProperty": "attr_name",
    "IntegerLookup": "max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None, vocabulary_dtype='int64', idf_weights=None, invert=False, output_mode='int', sparse=False, pad_to_max_tokens=False, oov_method='floormod', salt=None, name=None",  # noqa: E501
    "LSTM": "units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, use_cudnn='auto'",  # noqa: E501
    "LSTMCell": "units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None",  # noqa: E501
    "Lambda": "function, output_shape=None, mask=None, arguments=None",
    "Layer": "trainable=True, name=None, dtype=None, dynamic=False",
    "LayerNormalization": "axis=-1, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None",  # noqa: E501
    "LeakyReLU": "negative_slope=0.3",
    "LecunNormal": "seed=None, input_axes=None, output_axes=None",
    "LecunUniform": "seed=None, input_axes=None, output_axes=None",
    "LocallyConnected1D": "filters, kernel_size, strides=1, padding='valid', data_format=None, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation=1",  # noqa: E501
    "LocallyConnected2D": "filters, kernel_size, strides=(1, 1), padding='valid', data_format=None, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation=1",  # noqa: E501
    "Masking": "mask_value=0.0",
    "MaxNumBoundingBoxes": "max_number, fill_value=-1",
    "MaxPooling1D": "pool_size=2, strides=None, padding='valid', data_format=None, name=None",
    "MaxPooling2D": "pool_size=(2, 2), strides=None, padding='valid', data_format=None, name=None",
    "MaxPooling3D": "pool_size=(2, 2, 2), strides=None, padding='valid', data_format=None, name=None",  # noqa: E501
    "MelSpectrogram": "fft_length=2048, sequence_stride=512, sequence_length=None, window='hann', sampling_rate=16000, num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10, ref_power=1.0",  # noqa: E501
    "MixUp": "alpha=0.2, data_format=None, seed=None",
    "MultiHeadAttention": "num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, sliding_window=None, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None",  # noqa: E501
    "Normalization": "axis=-1, mean=None, variance=None, invert=False",
    "Orthogonal": "gain=1.0, seed=None",
    "PReLU": "alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None",  # noqa: E501
    "Permute": "dims",
    "Pipeline": "layers, name=None",
    "RMSNormalization": "axis=-1, epsilon=1e-06",
    "RNN": "cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, zero_output_for_mask=False",  # noqa: E501
    "RandAugment": "value_range=(0, 255), num_ops=2, factor=0.5, interpolation='bilinear', seed=None, data_format=None",  # noqa: E501
    "RandomBrightness": "factor, value_range=(0, 255), seed=None",
    "RandomColorDegeneration": "factor, value_range=(0, 255), data_format=None, seed=None",
    "RandomColorJitter": "value_range=(0, 255), brightness_factor=None, contrast_factor=None, saturation_factor=None, hue_factor=None, seed=None, data_format=None",  # noqa: E501
    "RandomContrast": "factor, value_range=(0, 255), seed=None",
    "RandomCrop": "height, width, seed=None, data_format=None, name=None",
    "RandomElasticTransform": "factor=1.0, scale=1.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, value_range=(0, 255), seed=None, data_format=None",  # noqa: E501
    "RandomErasing": "factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), seed=None, data_format=None",  # noqa: E501
    "RandomFlip": "mode, seed=None, data_format=None",
    "RandomFourierFeatures": "output_dim, kernel_initializer='gaussian', scale=None, trainable=False, name=None",  # noqa: E501
    "RandomGaussianBlur": "factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), data_format=None, seed=None",  # noqa: E501
    "RandomGrayscale": "factor=0.5, data_format=None, seed=None",
    "RandomHeight": "factor, interpolation='bilinear', seed=None",
    "RandomHue": "factor, value_range=(0, 255), data_format=None, seed=None",
    "RandomInvert": "factor=1.0, value_range=(0, 255), seed=None, data_format=None",
    "RandomNormal": "mean=0.0, stddev=0.05, seed=None",
    "RandomPerspective": "factor=1.0, scale=1.0, interpolation='bilinear', fill_value=0.0, seed=None, data_format=None",  # noqa: E501
    "RandomPosterization": "factor, value_range=(0, 255), data_format=None, seed=None",
    "RandomRotation": "factor, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None",  # noqa: E501
    "RandomSaturation": "factor, value_range=(0, 255), data_format=None, seed=None",
    "RandomSharpness": "factor, value_range=(0, 255), data_format=None, seed=None",
    "RandomShear": "x_factor=0.0, y_factor=0.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, data_format=None, seed=None",  # noqa: E501
    "RandomTranslation": "height_factor, width_factor, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None",  # noqa: E501
    "RandomUniform": "minval=-0.05, maxval=0.05, seed=None",
    "RandomWidth": "factor, interpolation='bilinear', seed=None",
    "RandomZoom": "height_factor, width_factor=None, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None",  # noqa: E501
    "ReLU": "max_value=None, negative_slope=0.0, threshold=0.0",
    "RepeatVector": "n",
    "Rescaling": "scale, offset=0.0",
    "Reshape": "target_shape",
    "ResidualWrapper": "cell, residual_fn=None",
    "Resizing": "height, width, interpolation='bilinear', crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, antialias=False, data_format=None",  # noqa: E501
    "ReversibleEmbedding": "input_dim, output_dim, tie_weights=True, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, reverse_dtype=None, logit_soft_cap=None",  # noqa: E501
    "STFTSpectrogram": "mode='log', frame_length=256, frame_step=None, fft_length=None, window='hann', periodic=False, scaling='density', padding='valid', expand_dims=False, data_format=None",  # noqa: E501
    "SeparableConv1D": "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer='glorot_uniform', pointwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None",  # noqa: E501
    "SeparableConv2D": "filters, kernel_size, strides=(1, 1), padding='valid', data_format=None, dilation_rate=(1, 1), depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer='glorot_uniform', pointwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None",  # noqa: E501
    "SimpleRNN": "units, activation='tanh', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, seed=None",  # noqa: E501
    "SimpleRNNCell": "units, activation='tanh', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None",  # noqa: E501
    "SlicingOpLambda": "function",
    "Softmax": "axis=-1",
    "Solarization": "addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None",
    "SpatialDropout1D": "rate, seed=None, name=None, dtype=None",
    "SpatialDropout2D": "rate, data_format=None, seed=None, name=None, dtype=None",
    "SpatialDropout3D": "rate, data_format=None, seed=None, name=None, dtype=None",
    "SpectralNormalization": "layer, power_iterations=1",
    "StackedRNNCells": "cells",
    "StringLookup": "max_tokens=None, num_oov_indices=1, mask_token=None, oov_token='[UNK]', vocabulary=None, idf_weights=None, invert=False, output_mode='int', pad_to_max_tokens=False, sparse=False, encoding='utf-8', name=None, salt=None",  # noqa: E501
    "SyncBatchNormalization": "axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', moving_mean_initializer='zeros', moving_variance_initializer='ones', beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None",  # noqa: E501
    "TFDConcat": "axis",
    "TextVectorization": "max_tokens=None, standardize='lower_and_strip_punctuation', split='whitespace', ngrams=None, output_mode='int', output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, sparse=False, ragged=False, encoding='utf-8', name=None",  # noqa: E501
    "ThresholdedReLU": "theta=1.0",
    "TimeDistributed": "layer",
    "TruncatedNormal": "mean=0.0, stddev=0.05, seed=None",
    "UnitNormalization": "axis=-1",
    "UpSampling1D": "size=2",
    "UpSampling2D": "size=(2, 2), data_format=None, interpolation='nearest'",
    "UpSampling3D": "size=(2, 2, 2), data_format=None",
    "VarianceScaling": "scale=1.0, mode='fan_in', distribution='truncated_normal', seed=None, input_axes=None, output_axes=None",  # noqa: E501
    "Wrapper": "layer",
    "ZeroPadding1D": "padding=1, data_format=None",
    "ZeroPadding2D": "padding=(1, 1), data_format=None",
    "ZeroPadding3D": "padding=((1, 1), (1, 1), (1, 1)), data_format=None",
}
