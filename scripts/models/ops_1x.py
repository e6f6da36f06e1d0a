"""Goldens of single operators as Paddle 1.8.5 exports them."""

from paddle.fluid import layers

from golden import golden, main


def weight(*shape):
    return layers.create_parameter(list(shape), "float32")


def bare(x, channels, size, **kwargs):
    """A convolution without bias."""
    return layers.conv2d(x, channels, size, bias_attr=False, **kwargs)


@golden
def conv2d(g):
    x = g.input("x", [2, 4, 9, 8], [None, 4, None, None])
    g.output(bare(x, 3, 1))
    g.output(bare(x, 3, 3, padding=1))
    g.output(bare(x, 5, 3, stride=2, padding=1))
    g.output(layers.conv2d(x, 3, 5, padding=2))  # with a bias
    g.output(bare(x, 3, 1, stride=2))
    g.case("wide", x=[1, 4, 7, 19])


@golden
def conv2d_attrs(g):
    x = g.input("x", [1, 4, 9, 8])
    g.output(bare(x, 6, 3, groups=2, padding=1))
    g.output(bare(x, 3, 3, dilation=2, padding=2))
    g.output(bare(x, 3, 3, dilation=[2, 1], padding=[0, 1]))
    g.output(bare(x, 3, [3, 5], stride=[2, 1], padding=[1, 2]))
    g.output(bare(x, 2, 3, padding=[0, 1, 2, 1]))
    g.output(bare(x, 2, 3, stride=2, padding="SAME"))
    g.output(bare(x, 2, [2, 5], padding="SAME"))
    g.output(bare(x, 2, 3, stride=[1, 2], padding="VALID"))


@golden
def conv_bn(g):
    x = g.input("x", [2, 3, 8, 7], low=-4, high=4)  # far enough for relu6
    conv = lambda x, **kwargs: bare(x, 4, 3, padding=1, **kwargs)
    g.output(layers.batch_norm(conv(x)))
    g.output(layers.batch_norm(conv(x), act="relu", epsilon=1e-3))
    g.output(layers.relu6(layers.batch_norm(conv(x, groups=1))))
    g.output(layers.leaky_relu(layers.batch_norm(layers.conv2d(x, 6, 3, groups=3)), 0.1))
    g.output(layers.hard_swish(layers.batch_norm(conv(x))))
    shared = conv(x)  # used twice: its batch_norm must not be folded into it
    g.output(layers.elementwise_add(layers.batch_norm(shared), shared))


def deep(x, size, channels=4, **kwargs):
    """A depthwise convolution of 4 channels without bias."""
    return bare(x, channels, size, groups=4, use_cudnn=False, **kwargs)


@golden
def depthwise_conv2d(g):
    x = g.input("x", [1, 4, 9, 8], [None, 4, None, None], low=-8, high=8)
    g.output(deep(x, 3, padding=1))
    g.output(deep(x, 3, stride=2, padding=1))
    g.output(deep(x, 5, padding=2))
    g.output(layers.batch_norm(deep(x, 3), act="relu"))
    g.output(layers.conv2d(x, 4, 3, groups=4, use_cudnn=False, act="relu6"))
    g.case("tall", x=[2, 4, 11, 5])


@golden
def depthwise_conv2d_attrs(g):
    x = g.input("x", [1, 4, 9, 8])
    g.output(deep(x, 3, channels=8, padding=1))  # two outputs a channel
    g.output(deep(x, 5, channels=8, stride=2, padding=2))
    g.output(deep(x, 3, dilation=2, padding=2))
    g.output(deep(x, [3, 5], stride=[2, 1], padding=[0, 1, 1, 2]))
    g.output(deep(x, 3, stride=2, padding="SAME"))
    g.output(deep(x, 3, padding="VALID"))


@golden
def batch_norm(g):
    x = g.input("x", [2, 3, 6, 5])
    y = layers.batch_norm(x)  # nothing before it
    g.output(layers.batch_norm(layers.pool2d(y, 2, "avg", 2)))
    g.output(layers.batch_norm(layers.fc(x, 4), act="relu", epsilon=1e-3))
    g.output(layers.batch_norm(layers.elementwise_add(x, y), act="relu6"))


def pools(x, kind):
    yield layers.pool2d(x, 3, kind, 2, 1)
    yield layers.pool2d(x, 3, kind, 2, 0, ceil_mode=True)
    yield layers.pool2d(x, [2, 3], kind, [1, 2], [0, 1, 1, 2])
    yield layers.pool2d(x, 3, kind, 2, "SAME")
    yield layers.pool2d(x, [3, 2], kind, 1, "VALID")
    yield layers.pool2d(x, pool_type=kind, global_pooling=True)


@golden
def pool2d_max(g):
    x = g.input(
        "x", [1, 2, 9, 8], [None, 2, None, None], low=-2.0, high=0.1
    )  # padding is no maximum
    for y in pools(x, "max"):
        g.output(y)
    g.case("wide", x=[2, 2, 6, 11])


@golden
def pool2d_avg(g):
    x = g.input("x", [1, 2, 9, 8], [None, 2, None, None])
    for y in pools(x, "avg"):
        g.output(y)
    g.output(layers.adaptive_pool2d(x, [4, 3], "avg"))
    g.output(layers.adaptive_pool2d(x, 1, "avg"))
    g.output(layers.pool2d(x, 3, "avg", 2, 1, exclusive=False))
    g.output(layers.pool2d(x, 3, "avg", 2, [1, 0, 2, 1], exclusive=False))
    g.case("wide", x=[2, 2, 6, 11])


@golden
def max_pool2d_with_index(g):
    """What Paddle writes for an adaptive max pool."""
    x = g.input("x", [1, 2, 9, 8], [None, 2, None, None])
    g.output(layers.adaptive_pool2d(x, [4, 3], "max"))
    g.output(layers.adaptive_pool2d(x, 1, "max"))
    g.case("wide", x=[2, 2, 6, 11])


@golden
def mul(g):
    x = g.input("x", [2, 3, 4, 2])
    g.output(layers.mul(x, weight(24, 5)))
    g.output(layers.mul(x, weight(8, 5), x_num_col_dims=2))
    g.output(layers.mul(x, weight(4, 6, 3), x_num_col_dims=1, y_num_col_dims=2))
    g.output(layers.mul(x, layers.reshape(layers.scale(x, 0.5), [24, 2])))  # by an activation


@golden
def fc(g):
    x = g.input("x", [3, 12], low=-8, high=8)
    h = layers.fc(x, 16, act="relu")
    h = layers.fc(h, 9, act="relu6")
    h = layers.fc(h, 8, bias_attr=False)
    g.output(layers.fc(h, 5, act="softmax"))
    z = g.input("z", [2, 3, 8])
    g.output(layers.fc(z, 4, num_flatten_dims=2))
    g.case("one", x=[1, 12], z=[1, 3, 8])


@golden
def matmul(g):
    x, y = g.input("x", [2, 3, 4]), g.input("y", [2, 4, 5])
    w = weight(4, 6)
    g.output(layers.matmul(x, y))
    g.output(layers.matmul(y, x, True, True))
    g.output(layers.matmul(x, x, transpose_y=True, alpha=0.25))
    g.output(layers.matmul(x, w))
    g.output(layers.elementwise_add(layers.matmul(layers.reshape(x, [-1, 4]), w), weight(6)))
    g.output(layers.matmul(layers.unsqueeze(x, [1]), layers.unsqueeze(y, [1]), alpha=-2.0))


@golden
def elementwise_weight(g):
    """Each kind, Y being a weight: per channel, per row, whole, one number."""
    x = g.input("x", [2, 3, 4, 5])
    g.output(layers.elementwise_add(x, weight(3), axis=1))
    g.output(layers.elementwise_sub(x, weight(5)))
    g.output(layers.elementwise_mul(x, weight(3, 4), axis=1))
    g.output(layers.elementwise_div(x, weight(4, 5), axis=-1))
    g.output(layers.elementwise_max(x, weight(3, 4, 5), axis=1))
    g.output(layers.elementwise_min(x, weight(1)))
    g.output(layers.elementwise_add(x, weight(4, 1), axis=2))
    g.output(layers.elementwise_mul(x, weight(3, 1, 1), act="relu"))
    g.output(layers.elementwise_sub(x, weight(1, 3, 1, 5)))


@golden
def elementwise_activation(g):
    """Each kind, Y being computed or fed: the same shape, per image and channel, per image."""
    x, y = g.input("x", [2, 3, 4, 5]), g.input("y", [2, 3, 4, 5], low=0.5, high=2)
    channel, row, mean = (
        layers.pool2d(y, global_pooling=True),
        g.input("row", [2, 3], low=0.5, high=2),
        g.input("mean", [2]),
    )
    g.output(layers.elementwise_add(x, y, act="relu"))
    g.output(layers.elementwise_sub(x, y))
    g.output(layers.elementwise_div(x, y))
    g.output(layers.elementwise_max(x, y))
    g.output(layers.elementwise_min(x, y))
    g.output(layers.elementwise_mul(x, channel))
    g.output(layers.elementwise_div(x, row, axis=0))
    g.output(layers.elementwise_sub(x, mean, axis=0))
    g.output(layers.elementwise_max(channel, x))  # the smaller one first
    g.output(layers.elementwise_add(row, mean, axis=0))


@golden
def fused_relu(g):
    """What opt joins a relu, or another activation, to."""
    x, y = g.input("x", [1, 7], low=-3, high=3), g.input("y", [1, 7], low=0.5, high=2)
    for kind in ("add", "sub", "mul", "div", "max", "min"):
        g.output(getattr(layers, "elementwise_" + kind)(x, y, act="relu"))
    g.output(layers.scale(x, 2.0, 0.25, act="relu"))
    g.output(layers.leaky_relu(layers.scale(x, -2.0, 0.25), 0.3))
    g.output(layers.relu6(layers.scale(x, 3.0, 0.25, bias_after_scale=False), 5.0))


@golden
def activations(g):
    x = g.input("x", [2, 3, 5, 4], low=-8, high=8)
    for f in (
        layers.relu,
        layers.relu6,
        layers.sigmoid,
        layers.tanh,
        layers.hard_swish,
        layers.hard_sigmoid,
        layers.swish,
    ):
        g.output(f(x))
    g.output(layers.leaky_relu(x, 0.02))
    g.output(layers.leaky_relu(x, 0.3))
    g.output(layers.relu6(x, 4.5))
    g.output(layers.hard_swish(x, threshold=5.0, scale=4.0, offset=2.0))
    g.output(layers.hard_sigmoid(x, slope=0.1666667, offset=0.4))
    g.output(layers.swish(x, beta=1.7))


@golden
def unary(g):
    x, positive = g.input("x", [2, 3, 4], low=-3, high=3), g.input(
        "positive", [2, 6], low=0, high=9
    )
    for f in (layers.exp, layers.abs, layers.square):
        g.output(f(x))
    g.output(layers.sqrt(positive))
    g.output(layers.clip(x, -1.5, 0.75))
    g.output(layers.scale(x, 2.5, 0.5))
    g.output(layers.scale(x, -0.5, 1.5, bias_after_scale=False))
    g.output(layers.scale(x, 1.0, 0.25, act="relu"))


@golden
def softmax(g):
    x = g.input("x", [2, 3, 4, 5], [None, 3, None, None], low=-6, high=6)
    g.output(layers.softmax(x))
    g.output(layers.softmax(x, axis=1))
    g.output(layers.softmax(x, axis=-2))
    g.output(layers.softmax(x, axis=0))
    g.output(layers.softmax(layers.fc(layers.pool2d(x, global_pooling=True), 7)))
    g.case("wide", x=[3, 3, 2, 9])


@golden
def shapes(g):
    x = g.input("x", [2, 3, 4, 6], [None, 3, 4, 6])
    g.output(layers.reshape(x, [0, -1]))
    g.output(layers.reshape(x, [0, 0, 24]))
    g.output(layers.reshape(x, [-1, 6, 2, 6]))
    g.output(layers.reshape(x, [0, 3, 0, 2, 3]))
    g.output(layers.flatten(x))
    g.output(layers.flatten(x, axis=2))
    g.output(layers.flatten(x, axis=0))
    g.output(layers.transpose(x, [0, 2, 3, 1]))
    g.output(layers.transpose(x, [3, 1, 0, 2]))
    g.output(layers.unsqueeze(x, [1, -1]))
    g.output(layers.unsqueeze(x, [0]))
    pooled = layers.pool2d(x, global_pooling=True)
    g.output(layers.squeeze(pooled, [2, 3]))
    g.output(layers.squeeze(pooled, [-1]))
    g.output(layers.squeeze(layers.unsqueeze(pooled, [0]), [0, -2]))
    g.case("batch3", x=[3, 3, 4, 6])


@golden
def channel_shuffle(g):
    x = g.input("x", [2, 6, 3, 3])
    y = layers.conv2d(x, 6, 1, groups=2, act="relu")
    y = layers.transpose(layers.reshape(y, [-1, 2, 3, 3, 3]), [0, 2, 1, 3, 4])
    g.output(layers.conv2d(layers.reshape(y, [-1, 6, 3, 3]), 4, 1, groups=2))


@golden
def joined_moves(g):
    """Moves that opt takes away: what is behind them does without."""
    x = g.input("x", [2, 3, 4, 5], [None, 3, 4, 5])
    turned = layers.softmax(layers.transpose(layers.relu(x), [0, 2, 3, 1]))
    g.output(layers.transpose(turned, [0, 3, 1, 2]))
    pixel = layers.pool2d(x, pool_type="avg", global_pooling=True)
    g.output(layers.softmax(layers.matmul(layers.squeeze(pixel, [2, 3]), weight(3, 4))))
    rows = layers.matmul(layers.reshape(pixel, [-1, 3]), weight(3, 4))
    g.output(layers.elementwise_add(rows, weight(4)))
    one = layers.fill_constant([1], "float32", 1.0)
    g.output(layers.relu(layers.elementwise_mul(x, one)))


@golden
def moves(g):
    """What moves elements, as Paddle 1.x calls it."""
    x = g.input("x", [2, 6, 3, 4], [None, 6, 3, 4])
    pooled = layers.pool2d(x, 2, "max", 1)  # channels lie innermost
    g.output(layers.shuffle_channel(x, 3))
    g.output(layers.shuffle_channel(pooled, 2))
    g.output(layers.expand(x, [1, 2, 1, 3]))
    for part in layers.split(pooled, 2, dim=1):
        g.output(part)
    g.output(layers.pad2d(x, [1, 2, 0, 3], pad_value=0.5))
    g.output(layers.pad2d(pooled, [1, 0, 2, 1], mode="reflect"))
    g.output(layers.pad2d(x, [1, 0, 2, 1], mode="edge"))
    g.output(layers.reduce_mean(pooled, [2, 3]))
    g.output(layers.elementwise_mul(x, layers.reduce_sum(x)))
    g.output(layers.reduce_max(x, 1, keep_dim=True))
    g.output(layers.stack([x, x], 1))
    g.case("one", x=[1, 6, 3, 4])


@golden
def interp_1x(g):
    x = g.input("x", [2, 3, 5, 4], [None, 3, 5, 4])
    g.output(layers.resize_nearest(x, scale=2.0))  # corners aligned
    g.output(layers.resize_nearest(x, [7, 3], align_corners=False))
    g.output(layers.resize_bilinear(x, [9, 6]))
    g.output(layers.resize_bilinear(x, scale=2.0, align_corners=False, align_mode=0))
    g.output(layers.resize_bilinear(x, scale=1.5, align_corners=False, align_mode=1))
    g.case("one", x=[1, 3, 5, 4])


@golden
def lrn_1x(g):
    x = g.input("x", [2, 7, 3, 4], [None, 7, None, None], low=-3, high=3)
    g.output(layers.lrn(x))
    g.output(layers.lrn(layers.conv2d(x, 6, 1), n=3, k=2.0, alpha=0.5, beta=0.6))
    g.case("wide", x=[1, 7, 2, 9])


@golden
def conv2d_transpose_1x(g):
    x = g.input("x", [2, 4, 5, 4], [None, 4, 5, 4])
    g.output(layers.conv2d_transpose(x, 3, filter_size=2, stride=2, act="relu"))
    g.output(layers.conv2d_transpose(x, 3, [10, 8], 3, 1, 2))
    g.output(layers.conv2d_transpose(x, 4, filter_size=4, stride=2, padding=1, groups=4))


def old(kind, x, out_shape, **attrs):
    """Operators of before reshape2 and its like, which only old files contain."""
    block = x.block
    y = block.create_var(name="%s_%d" % (kind, len(block.ops)), dtype="float32", shape=out_shape)
    block.append_op(type=kind, inputs={"X": [x]}, outputs={"Out": [y]}, attrs=attrs)
    return y


@golden
def shapes_old(g):
    x = g.input("x", [2, 3, 4, 6])
    pooled = layers.pool2d(x, global_pooling=True)
    g.output(old("reshape", x, [-1, 72], shape=[0, -1]))
    g.output(old("reshape", x, [-1, 4, 18], shape=[-1, 4, 18]))
    g.output(old("flatten", x, [-1, 72], axis=1))
    g.output(old("transpose", x, [-1, 4, 6, 3], axis=[0, 2, 3, 1]))
    g.output(old("squeeze", pooled, [-1, 3], axes=[2, 3]))
    g.output(old("unsqueeze", x, [-1, 1, 3, 4, 6], axes=[1]))


@golden
def dropout(g):
    x = g.input("x", [2, 8])
    g.output(layers.dropout(x, 0.4))  # downgrade_in_infer: times 0.6
    g.output(layers.dropout(x, 0.4, dropout_implementation="upscale_in_train"))
    y = layers.fc(layers.dropout(layers.fc(x, 8, act="relu"), 0.3), 4)
    g.output(layers.dropout(y, 0.5, dropout_implementation="upscale_in_train"))


@golden
def concat(g):
    x, y = g.input("x", [2, 3, 4, 5], [None, 3, None, 5]), g.input(
        "y", [2, 2, 4, 5], [None, 2, None, 5]
    )
    g.output(layers.concat([x, y], axis=1))
    g.output(layers.concat([y, layers.relu(x), y], axis=-3))
    g.output(layers.concat([x, x, x], axis=-1))
    g.output(layers.concat([x, layers.scale(x, 2.0)], axis=0))
    g.output(layers.concat([layers.conv2d(x, 2, 1), y, layers.pool2d(x, 3, "max", 1, 1)], axis=1))
    g.output(layers.concat([x], axis=2))
    g.case("one", x=[1, 3, 2, 5], y=[1, 2, 2, 5])


@golden
def two_inputs_two_outputs(g):
    """Fed and fetched in an order that is not that of their use."""
    right, left = g.input("right", [2, 3]), g.input("left", [2, 2, 4, 4])
    y = layers.pool2d(layers.conv2d(left, 3, 3, act="relu"), global_pooling=True)
    y = layers.elementwise_mul(layers.squeeze(y, [2, 3]), right)
    logits = layers.fc(y, 4)
    g.output(layers.softmax(logits))
    g.output(y)


@golden
def unsupported3(g):
    """Three operators that opt does not have for ARM, one of them twice: for the report."""
    x = g.input("x", [1, 4, 4, 6, 6])
    y = layers.conv3d(layers.conv3d(x, 3, 3, padding=1, act="relu"), 4, 1)
    y = layers.maxout(layers.reshape(y, [-1, 16, 6, 6]), 2)
    g.output(layers.conv2d(layers.space_to_depth(y, 2), 2, 1))
    g.randomize()
    g.export(g.program.clone(for_test=True), g.dir)


if __name__ == "__main__":
    main()
