"""Goldens of whole float nets as Paddle 1.8.5 exports them: the families, a few channels wide."""

from paddle.fluid import layers

from golden import SEPARATE, golden, main


def conv_bn(x, channels, size, stride=1, groups=1, act="relu"):
    y = layers.conv2d(
        x,
        channels,
        size,
        stride,
        (size - 1) // 2,
        groups=groups,
        bias_attr=False,
        use_cudnn=groups == 1,
    )
    y = layers.batch_norm(y)
    return {"relu": layers.relu, "relu6": layers.relu6, None: lambda y: y}[act](y)


def separable(x, channels, stride=1):
    y = conv_bn(x, x.shape[1], 3, stride, groups=x.shape[1])
    return conv_bn(y, channels, 1)


def inverted_residual(x, channels, stride=1):
    wide = 2 * x.shape[1]
    y = conv_bn(x, wide, 1, act="relu6")
    y = conv_bn(y, wide, 3, stride, groups=wide, act="relu6")
    y = conv_bn(y, channels, 1, act=None)
    return layers.elementwise_add(x, y) if stride == 1 and channels == x.shape[1] else y


def bottleneck(x, channels, stride=1):
    y = conv_bn(x, channels // 2, 1)
    y = conv_bn(y, channels // 2, 3, stride)
    y = conv_bn(y, channels, 1, act=None)
    short = (
        x if stride == 1 and channels == x.shape[1] else conv_bn(x, channels, 1, stride, act=None)
    )
    return layers.elementwise_add(short, y, act="relu")


@golden
def mobilenet_v1_1x(g):
    y = conv_bn(g.input("image", [2, 3, 16, 16]), 4, 3, 2)
    y = separable(separable(y, 8), 8, stride=2)
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    g.output(layers.fc(y, 5, act="softmax"))


@golden
def mobilenet_v2_1x(g):
    g.files = SEPARATE
    y = conv_bn(g.input("image", [1, 3, 16, 16]), 4, 3, 2, act="relu6")
    y = inverted_residual(inverted_residual(y, 4), 6, stride=2)
    y = layers.pool2d(conv_bn(y, 8, 1, act="relu6"), pool_type="avg", global_pooling=True)
    y = layers.dropout(y, 0.2, dropout_implementation="upscale_in_train")
    g.output(layers.softmax(layers.fc(y, 5)))


@golden
def resnet_1x(g):
    y = conv_bn(g.input("image", [1, 3, 16, 14], [None, 3, None, None]), 6, 7, 2)
    y = layers.pool2d(y, 3, "max", 2, 1)
    y = bottleneck(bottleneck(y, 8, stride=2), 8)
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    g.output(layers.softmax(layers.fc(y, 5)))
    g.case("square", image=[1, 3, 12, 12])


if __name__ == "__main__":
    main()
