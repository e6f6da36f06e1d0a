"""Goldens of single operators as Paddle 1.8.5 exports them."""
import paddle.fluid as fluid
from paddle.fluid import layers

from golden import golden, main


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
    x = g.input("x", [2, 3, 8, 7])
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
    x = g.input("x", [1, 4, 9, 8], [None, 4, None, None])
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
    g.output(layers.batch_norm(layers.transpose(x, [0, 2, 3, 1]), data_layout="NHWC"))


def pools(x, kind):
    yield layers.pool2d(x, 3, kind, 2, 1)
    yield layers.pool2d(x, 3, kind, 2, 0, ceil_mode=True)
    yield layers.pool2d(x, [2, 3], kind, [1, 2], [0, 1, 1, 2])
    yield layers.pool2d(x, 3, kind, 2, "SAME")
    yield layers.pool2d(x, [3, 2], kind, 1, "VALID")
    yield layers.pool2d(x, pool_type=kind, global_pooling=True)
    yield layers.adaptive_pool2d(x, [4, 3], kind)
    yield layers.adaptive_pool2d(x, 1, kind)


@golden
def pool2d_max(g):
    x = g.input("x", [1, 2, 9, 8], [None, 2, None, None], low=-2.0, high=0.1)  # padding is no maximum
    for y in pools(x, "max"):
        g.output(y)
    g.case("wide", x=[2, 2, 6, 11])


@golden
def pool2d_avg(g):
    x = g.input("x", [1, 2, 9, 8], [None, 2, None, None])
    for y in pools(x, "avg"):
        g.output(y)
    g.output(layers.pool2d(x, 3, "avg", 2, 1, exclusive=False))
    g.output(layers.pool2d(x, 3, "avg", 2, [1, 0, 2, 1], ceil_mode=True, exclusive=False))
    g.case("wide", x=[2, 2, 6, 11])


@golden
def mul(g):
    x = g.input("x", [2, 3, 4, 2])
    w = lambda *shape: layers.create_parameter(list(shape), "float32")
    g.output(layers.mul(x, w(24, 5)))
    g.output(layers.mul(x, w(8, 5), x_num_col_dims=2))
    g.output(layers.mul(x, w(4, 6, 3), x_num_col_dims=1, y_num_col_dims=2))
    g.output(layers.mul(x, layers.reshape(layers.scale(x, 0.5), [24, 2])))  # by an activation


@golden
def fc(g):
    x = g.input("x", [3, 12])
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
    w = layers.create_parameter([4, 6], "float32")
    g.output(layers.matmul(x, y))
    g.output(layers.matmul(y, x, True, True))
    g.output(layers.matmul(x, x, transpose_y=True, alpha=0.25))
    g.output(layers.matmul(x, w))
    g.output(layers.elementwise_add(layers.matmul(layers.reshape(x, [-1, 4]), w), layers.create_parameter([6], "float32")))
    g.output(layers.matmul(layers.unsqueeze(x, [1]), layers.unsqueeze(y, [1]), alpha=-2.0))


if __name__ == "__main__":
    main()
