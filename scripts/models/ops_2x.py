"""Goldens of single operators as Paddle 2.6.2 exports them: newer names, other attributes."""

import paddle
import paddle.nn.functional as F
from paddle import nn
from paddle.nn.initializer import Normal

from golden import golden, main


def weight(*shape):
    return paddle.create_parameter(list(shape), "float32", default_initializer=Normal())


@golden
def matmul_v2(g):
    x, y = g.input("x", [2, 3, 4]), g.input("y", [2, 4, 5])
    g.output(paddle.matmul(x, y))
    g.output(paddle.matmul(y, x, transpose_x=True, transpose_y=True))
    g.output(paddle.matmul(x, x, transpose_y=True))
    g.output(paddle.matmul(x, weight(4, 6)))
    g.output(paddle.matmul(x, weight(6, 4), transpose_y=True))
    g.output(paddle.matmul(x, weight(4)))
    g.output(paddle.matmul(paddle.unsqueeze(x, 1), weight(5, 4, 2)))  # [2,1,3,4] by [5,4,2]


@golden
def linear(g):
    x = g.input("x", [3, 12], low=-8, high=8)
    h = F.relu(nn.Linear(12, 16)(x))
    h = F.relu6(nn.Linear(16, 9)(h))
    h = nn.Linear(9, 8, bias_attr=False)(h)
    g.output(F.softmax(nn.Linear(8, 5)(h)))
    z = g.input("z", [2, 3, 8])
    g.output(nn.Linear(8, 4)(z))
    g.case("one", x=[1, 12], z=[1, 3, 8])


@golden
def flatten_contiguous_range(g):
    x = g.input("x", [2, 3, 4, 5], [None, 3, None, None])
    g.output(paddle.flatten(x, 1))
    g.output(paddle.flatten(x, 1, 2))
    g.output(paddle.flatten(x, -2, -1))
    g.output(paddle.flatten(x))
    g.output(nn.Linear(3, 4)(paddle.flatten(F.adaptive_avg_pool2d(x, 1), 1)))
    g.case("wide", x=[1, 3, 2, 7])


@golden
def conv2d_2x(g):
    x = g.input("x", [1, 4, 9, 8], [None, 4, None, None])
    g.output(nn.Conv2D(4, 5, 3, padding="SAME", stride=2)(x))
    g.output(nn.Conv2D(4, 6, 3, groups=2, padding=[0, 1, 2, 1], bias_attr=False)(x))
    g.output(nn.Conv2D(4, 4, 3, groups=4, padding=1)(x))
    g.output(nn.Conv2D(4, 8, 3, groups=4, padding="VALID", stride=[1, 2])(x))
    g.output(F.leaky_relu(nn.BatchNorm2D(3)(nn.Conv2D(4, 3, [1, 3], dilation=[1, 2])(x)), 0.2))
    g.case("batch2", x=[2, 4, 5, 7])


@golden
def conv1d_2x(g):
    """Layers of one dimension, as for sound: of two between unsqueeze2 and squeeze2, filters included."""
    x = g.input("x", [2, 6, 20], [None, 6, None])
    h = F.relu(nn.BatchNorm1D(8)(nn.Conv1D(6, 8, 5, stride=2, padding=2)(x)))
    h = nn.Conv1D(8, 8, 3, groups=8, padding=1, bias_attr=False)(h)
    h = nn.MaxPool1D(3, stride=2, padding=1)(F.relu(nn.Conv1D(8, 12, 1)(h)))
    g.output(h)
    g.output(F.softmax(nn.Linear(12, 5)(paddle.flatten(nn.AdaptiveAvgPool1D(1)(h), 1))))
    g.output(nn.AvgPool1D(2)(nn.Conv1D(6, 4, 3, dilation=2, padding="SAME")(x)))
    g.output(nn.Conv1DTranspose(6, 3, 4, stride=2, padding=1)(x))
    g.case("long", x=[1, 6, 33])


@golden
def prelu_2x(g):
    """One alpha, one for each channel, one for each element; alone, and behind what is NHWC inside."""
    x, y = g.input("x", [2, 4, 5, 6]), g.input("y", [3, 7])
    g.output(nn.PReLU()(x))
    g.output(nn.PReLU(4)(x))
    g.output(paddle.static.nn.prelu(x, "channel"))  # alpha is [1, 4, 1, 1]
    g.output(paddle.static.nn.prelu(x, "element"))
    h = paddle.static.nn.prelu(nn.Conv2D(4, 9, 3, padding=1)(x), "element")
    h = nn.PReLU(6)(nn.Conv2D(9, 6, 3)(h))
    g.output(nn.PReLU()(nn.Conv2D(6, 5, 1)(h)))
    g.output(nn.PReLU()(y))
    g.output(nn.PReLU(7)(y))
    g.output(paddle.static.nn.prelu(y, "element"))
    g.output(nn.PReLU(3)(paddle.reshape(x, [0, 3, 40])))
    g.case("one", x=[1, 4, 5, 6], y=[1, 7])


@golden
def pool2d_2x(g):
    x = g.input("x", [1, 2, 9, 8], [None, 2, None, None])
    g.output(F.max_pool2d(x, 3, 2, 1))
    g.output(F.max_pool2d(x, 2, 2, ceil_mode=True))
    g.output(F.max_pool2d(x, 3, 2, padding="SAME"))
    g.output(F.avg_pool2d(x, 3, 2, 1))
    g.output(F.avg_pool2d(x, 3, 2, 1, exclusive=False))
    g.output(F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, exclusive=False))  # 1.x divides by 9 always
    g.output(F.avg_pool2d(x, [2, 3], [1, 2], [0, 1, 1, 2]))
    g.output(F.adaptive_avg_pool2d(x, [3, 2]))
    g.output(F.adaptive_avg_pool2d(x, 1))
    g.output(F.avg_pool2d(x, 3, 1, "VALID"))
    g.case("wide", x=[2, 2, 6, 11])


@golden
def elementwise_2x(g):
    x, y = g.input("x", [2, 3, 4, 5]), g.input("y", [2, 3, 1, 1], low=0.5, high=2)
    g.output(x + y)
    g.output(x - weight(3, 1, 5))
    g.output(x * F.sigmoid(y))
    g.output(x / y)
    g.output(paddle.maximum(x, weight(4, 5)))
    g.output(paddle.minimum(y, x))
    g.output(y + weight(5))  # both sides stretch
    g.output(2.0 - x * 0.5)


@golden
def activations_2x(g):
    x = g.input("x", [2, 3, 5, 4], low=-8, high=8)
    for f in (
        F.relu,
        F.relu6,
        F.sigmoid,
        F.tanh,
        F.hardswish,
        F.hardsigmoid,
        F.swish,
        F.leaky_relu,
        paddle.abs,
        paddle.square,
    ):
        g.output(f(x))
    g.output(paddle.exp(x * 0.25))
    g.output(paddle.sqrt(F.relu(x)))
    g.output(paddle.clip(x, -2.5, 3.0))
    g.output(F.softmax(x, axis=1))
    g.output(F.softmax(x))


@golden
def gelu_2x(g):
    x = g.input("x", [2, 3, 50], low=-9, high=9)
    g.output(F.gelu(x))
    g.output(F.gelu(x, approximate=True))
    h = g.input("h", [2, 3, 5, 4], low=-3, high=3)
    g.output(F.gelu(nn.Conv2D(3, 5, 3)(h)))
    g.output(nn.Linear(4, 6)(F.gelu(nn.Linear(4, 4)(h), approximate=True)))
    g.case("one", x=[1, 3, 50], h=[1, 3, 5, 4])


@golden
def log_softmax_2x(g):
    x = g.input("x", [2, 5, 9], low=-90, high=90)
    g.output(F.log_softmax(x))
    g.output(F.log_softmax(x, axis=1))
    y = g.input("y", [1, 3, 4, 5])
    g.output(F.log_softmax(nn.Conv2D(3, 6, 3)(y), axis=1))
    g.case("two", x=[1, 5, 9], y=[2, 3, 4, 5])


@golden
def functions_2x(g):
    """Rare ones, and ops that are written by others."""
    x = g.input("x", [2, 3, 4, 5], low=-6, high=6)
    y = paddle.abs(x) + 0.25
    g.output(F.elu(nn.Conv2D(3, 4, 3)(x), 0.5))
    for f in (F.mish, F.softplus, paddle.erf, paddle.sin, paddle.cos, F.hardtanh):
        g.output(f(x))
    g.output(F.softplus(x, beta=2, threshold=5))
    g.output(paddle.floor(x * 1.7))
    for f in (paddle.log, paddle.rsqrt, paddle.reciprocal):
        g.output(f(y))
    g.output(paddle.pow(y, 2.5))
    g.output(paddle.pow(x, 3.0))
    g.output(F.normalize(x, axis=1))
    g.output(paddle.norm(x, p=1, axis=-1, keepdim=True))
    g.output(paddle.norm(x, p=float("inf"), axis=2))
    z = paddle.reshape(x, [0, 12, 5])
    g.output(paddle.bmm(z, paddle.transpose(z, [0, 2, 1])))
    g.output(paddle.add_n([x, y, x * 0.5, y]))
    g.case("one", x=[1, 3, 4, 5])


@golden
def shapes_2x(g):
    x = g.input("x", [2, 4, 3, 6], [None, 4, 3, 6])
    g.output(paddle.reshape(x, [0, -1]))
    g.output(paddle.reshape(x, [-1, 2, 2, 18]))
    g.output(paddle.transpose(x, [0, 2, 3, 1]))
    g.output(paddle.unsqueeze(x, [0, -1]))
    pooled = F.adaptive_avg_pool2d(x, 1)
    g.output(paddle.squeeze(pooled, [-1, -2]))
    g.output(paddle.squeeze(pooled, 3))
    g.output(paddle.concat([x, x * 2.0, F.relu(x)], axis=-2))
    g.output(
        F.dropout(nn.Linear(4, 3)(paddle.squeeze(pooled, [2, 3])), 0.3, mode="downscale_in_infer")
    )
    g.output(F.dropout(paddle.flatten(x, 2), 0.3))
    g.case("batch3", x=[3, 4, 3, 6])


if __name__ == "__main__":
    main()
