"""Goldens of whole float nets as Paddle 2.6.2 exports them: the families, a few channels wide."""

import paddle
import paddle.nn.functional as F
from paddle import nn

from golden import golden, main


def conv_bn(x, channels, size, stride=1, groups=1, act=F.relu):
    y = nn.Conv2D(
        x.shape[1], channels, size, stride, (size - 1) // 2, groups=groups, bias_attr=False
    )(x)
    y = nn.BatchNorm2D(channels)(y)
    return act(y) if act else y


def separable(x, channels, stride=1):
    return conv_bn(conv_bn(x, x.shape[1], 3, stride, groups=x.shape[1]), channels, 1)


def inverted_residual(x, channels, stride=1, act=F.relu6, excite=False):
    wide = 2 * x.shape[1]
    y = conv_bn(x, wide, 1, act=act)
    y = conv_bn(y, wide, 3, stride, groups=wide, act=act)
    if excite:
        s = F.adaptive_avg_pool2d(y, 1)
        s = F.relu(nn.Conv2D(wide, wide // 2, 1)(s))
        y = y * F.hardsigmoid(nn.Conv2D(wide // 2, wide, 1)(s), slope=0.2)
    y = conv_bn(y, channels, 1, act=None)
    return x + y if stride == 1 and channels == x.shape[1] else y


def basic_block(x, channels, stride=1):
    y = conv_bn(conv_bn(x, channels, 3, stride), channels, 3, act=None)
    short = (
        x if stride == 1 and channels == x.shape[1] else conv_bn(x, channels, 1, stride, act=None)
    )
    return F.relu(short + y)


def classify(y, classes=5):
    y = paddle.flatten(F.adaptive_avg_pool2d(y, 1), 1)
    return nn.Linear(y.shape[1], classes)(y)


@golden
def mobilenet_v1_2x(g):
    y = conv_bn(g.input("image", [2, 3, 16, 16]), 4, 3, 2)
    g.output(F.softmax(classify(separable(separable(y, 8), 8, stride=2))))


@golden
def mobilenet_v2_2x(g):
    y = conv_bn(g.input("image", [1, 3, 16, 16]), 4, 3, 2, act=F.relu6)
    y = inverted_residual(inverted_residual(y, 4), 6, stride=2)
    g.output(classify(F.dropout(conv_bn(y, 8, 1, act=F.relu6), 0.2)))


@golden
def mobilenet_v3_2x(g):
    """Hard swish, and squeeze-and-excite."""
    y = conv_bn(g.input("image", [1, 3, 16, 12]), 4, 3, 2, act=F.hardswish)
    y = inverted_residual(y, 4, act=F.hardswish, excite=True)
    g.output(F.softmax(classify(conv_bn(y, 8, 1, act=F.hardswish))))


@golden
def resnet_2x(g):
    y = conv_bn(g.input("image", [1, 3, 16, 14], [None, 3, None, None]), 6, 7, 2)
    y = F.max_pool2d(y, 3, 2, 1)
    g.output(classify(basic_block(basic_block(y, 8, stride=2), 8)))
    g.case("square", image=[1, 3, 12, 12])


if __name__ == "__main__":
    main()
