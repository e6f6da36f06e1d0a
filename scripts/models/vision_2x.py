"""Goldens of what pictures go through besides convolutions, as Paddle 2.6.2 exports it."""

import paddle
import paddle.nn.functional as F
from paddle import nn

from golden import golden, main


@golden
def conv2d_transpose_2x(g):
    x = g.input("x", [1, 4, 5, 4], [None, 4, None, None])
    g.output(nn.Conv2DTranspose(4, 3, 2, stride=2)(x))
    g.output(nn.Conv2DTranspose(4, 3, 3, stride=2, padding=1, output_padding=1)(x))
    g.output(F.relu(nn.Conv2DTranspose(4, 6, 3, padding=[1, 0], groups=2)(x)))
    g.output(nn.Conv2DTranspose(4, 4, 4, 2, 1, groups=4, bias_attr=False)(x))
    g.output(nn.Conv2DTranspose(4, 2, [2, 3], stride=[1, 3], dilation=[2, 1])(x))
    g.output(nn.Conv2DTranspose(4, 2, 3, stride=2, padding="SAME")(x))
    g.output(nn.BatchNorm2D(3)(nn.Conv2DTranspose(4, 3, 1)(x)))
    g.case("wide", x=[1, 4, 3, 7])


@golden
def interp_2x(g):
    x = g.input("x", [1, 3, 5, 4], [None, 3, None, None])
    up = nn.functional.interpolate
    g.output(up(x, scale_factor=2, mode="nearest"))
    g.output(up(x, size=[7, 3], mode="nearest"))
    g.output(up(x, scale_factor=[2, 1.5], mode="bilinear", align_corners=True))
    g.output(up(x, size=[8, 9], mode="bilinear", align_corners=False, align_mode=0))
    g.output(up(x, size=[3, 9], mode="bilinear", align_corners=False, align_mode=1))
    g.output(up(x, scale_factor=[1.5, 0.7], mode="bilinear", align_corners=False))  # 7 x 2 of 5 x 4
    g.output(up(x, scale_factor=[0.7, 2.3], mode="bilinear", align_corners=False, align_mode=1))
    g.output(up(x, scale_factor=[0.7, 2.3], mode="nearest"))
    y = F.avg_pool2d(x, 2)
    g.output(up(y, size=paddle.shape(x)[2:], mode="bilinear"))
    h, w = paddle.shape(x)[2], paddle.shape(x)[3]
    g.output(up(y, size=[h, w], mode="nearest"))
    g.case("wide", x=[2, 3, 4, 7])


@golden
def norms_2x(g):
    x = g.input("x", [2, 6, 3, 4], [None, 6, 3, 4], low=-3, high=5)
    g.output(nn.LayerNorm([3, 4])(x))
    g.output(nn.LayerNorm(4, epsilon=1e-3, bias_attr=False)(x))
    g.output(nn.LayerNorm([6, 3, 4], weight_attr=False, bias_attr=False)(x))
    g.output(nn.InstanceNorm2D(6)(x))
    g.output(nn.GroupNorm(3, 6)(x))
    g.case("one", x=[1, 6, 3, 4])


@golden
def silu_2x(g):
    x = g.input("x", [2, 3, 4], low=-6, high=6)
    g.output(F.silu(x))
    g.output(paddle.assign(F.silu(x * 2.0)))


if __name__ == "__main__":
    main()
