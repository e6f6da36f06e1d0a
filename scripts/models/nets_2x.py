"""Goldens of whole float nets as Paddle 2.6.2 exports them: the families, a few channels wide."""

import paddle
import paddle.nn.functional as F
from paddle import nn

from golden import golden, main


def conv_bn(x, channels, size, stride=1, groups=1, act=F.relu):
    padding = [(k - 1) // 2 for k in size] if isinstance(size, list) else (size - 1) // 2
    y = nn.Conv2D(x.shape[1], channels, size, stride, padding, groups=groups, bias_attr=False)(x)
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


def shuffle_unit(x):
    """Half of the channels stay, the others are convolved; then they are mixed."""
    n, c, h, w = x.shape
    stay, y = paddle.split(x, 2, axis=1)
    y = conv_bn(conv_bn(y, c // 2, 1), c // 2, 3, groups=c // 2, act=None)
    y = paddle.concat([stay, conv_bn(y, c // 2, 1)], axis=1)
    y = paddle.transpose(paddle.reshape(y, [-1, 2, c // 2, h, w]), [0, 2, 1, 3, 4])
    return paddle.reshape(y, [-1, c, h, w])


@golden
def shufflenet_2x(g):
    y = conv_bn(g.input("image", [2, 3, 12, 12]), 8, 3, 2)
    g.output(F.softmax(classify(shuffle_unit(shuffle_unit(F.max_pool2d(y, 3, 2, 1))))))


@golden
def squeezenet_2x(g):
    y = F.relu(nn.Conv2D(3, 8, 3, 2)(g.input("image", [1, 3, 17, 17])))
    for channels in (3, 4):
        y = F.max_pool2d(y, 3, 2)
        y = F.relu(nn.Conv2D(y.shape[1], channels, 1)(y))
        y = [F.relu(nn.Conv2D(channels, 4, k, padding=k // 2)(y)) for k in (1, 3)]
        y = paddle.concat(y, axis=1)
    y = F.relu(nn.Conv2D(8, 5, 1)(F.dropout(y, 0.5)))
    g.output(F.softmax(paddle.squeeze(F.adaptive_avg_pool2d(y, 1), [2, 3])))


@golden
def lcnet_2x(g):
    """Also of EfficientNet: swish, and squeeze-and-excite by a mean."""
    y = conv_bn(g.input("image", [1, 3, 16, 16], [None, 3, None, None]), 4, 3, 2, act=F.hardswish)
    for size, act in ((5, F.hardswish), (3, F.swish)):
        y = conv_bn(y, 4, size, groups=4, act=act)
        s = F.swish(nn.Conv2D(4, 2, 1)(paddle.mean(y, [2, 3], keepdim=True)))
        y = conv_bn(y * F.sigmoid(nn.Conv2D(2, 4, 1)(s)), 4, 1, act=act)
    y = F.hardswish(nn.Conv2D(4, 8, 1, bias_attr=False)(F.adaptive_avg_pool2d(y, 1)))
    y = F.dropout(y, 0.2, mode="downscale_in_infer")
    g.output(F.softmax(nn.Linear(8, 5)(paddle.flatten(y, 1))))
    g.case("wide", image=[2, 3, 10, 18])


@golden
def densenet_2x(g):
    """Normalization before the convolution; channels grow."""
    y = F.max_pool2d(conv_bn(g.input("image", [1, 3, 16, 16]), 6, 3, 2), 3, 2, 1)
    for _ in range(2):
        z = nn.Conv2D(y.shape[1], 4, 1, bias_attr=False)(F.relu(nn.BatchNorm2D(y.shape[1])(y)))
        z = nn.Conv2D(4, 3, 3, padding=1, bias_attr=False)(F.relu(nn.BatchNorm2D(4)(z)))
        y = paddle.concat([y, z], axis=1)
    g.output(classify(F.avg_pool2d(F.relu(nn.BatchNorm2D(12)(y)), 2, 2)))


@golden
def inception_2x(g):
    """Also of GoogLeNet: branches, kernels of 1x5 and 5x1, and a second classifier."""
    y = conv_bn(g.input("image", [1, 3, 14, 14]), 4, 3, 2)
    wide = conv_bn(conv_bn(y, 4, [1, 3]), 4, [3, 1])
    pooled = conv_bn(F.avg_pool2d(y, 3, 1, 1), 2, 1)
    y = paddle.concat([conv_bn(y, 3, 1), wide, pooled, F.max_pool2d(y, 3, 1, 1)], axis=1)
    g.output(F.softmax(classify(y)))
    g.output(F.softmax(classify(F.avg_pool2d(y, 3, 2))))


if __name__ == "__main__":
    main()
