"""Goldens of what moves elements and computes with shapes, as Paddle 2.6.2 exports it."""

import paddle
import paddle.nn.functional as F
from paddle import nn

from golden import golden, main


@golden
def computed_shapes(g):
    """Reshapes whose sizes the program computes from those of its inputs."""
    x = g.input("x", [2, 4, 6, 5], [None, 4, None, None])
    shape = paddle.shape(x)
    g.output(paddle.reshape(x, [shape[0], 4, -1]))
    g.output(paddle.reshape(x, [shape[0], shape[1], -1]))
    g.output(nn.Linear(4, 3)(paddle.reshape(F.adaptive_avg_pool2d(x, 1), [shape[0], 4])))
    n = paddle.full([1], 2, "int32")
    g.output(paddle.reshape(x, [n, -1, shape[3]]))
    g.output(shape)
    g.case("wide", x=[1, 4, 2, 9])


@golden
def slices(g):
    x = g.input("x", [2, 4, 6, 5], [None, 4, 6, 5])
    g.output(x[:, 1])
    g.output(x[:, 1:3, -4:-1])
    g.output(paddle.slice(x, [2, 3], [1, -2], [4, 100]))
    g.output(F.avg_pool2d(x, 2, 1)[:, :, 1:, 1:3])
    g.output(x[:, ::2, ::-1, 4:1:-2])
    g.output(x[:, 3, 2, 1:])
    g.case("one", x=[1, 4, 6, 5])


@golden
def fills(g):
    x = g.input("x", [2, 4], [None, 4])
    g.output(x * paddle.full([4], 1.5) + paddle.full_like(x, 0.25))
    like = x.block.create_var(name="like", dtype="float32", shape=[-1, 4])
    x.block.append_op(
        type="fill_constant_batch_size_like",
        inputs={"Input": [x]},
        outputs={"Out": [like]},
        attrs={"shape": [-1, 4], "dtype": like.dtype, "value": -0.5},
    )
    g.output(x - like)
    g.case("three", x=[3, 4])


if __name__ == "__main__":
    main()
