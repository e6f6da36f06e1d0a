"""Goldens of what moves elements and computes with shapes, as Paddle 2.6.2 exports it."""

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from golden import golden, main


def weight(*shape):
    return paddle.create_parameter(list(shape), "float32")


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


@golden
def parts_2x(g):
    """Tensors cut up and put together."""
    x = g.input("x", [2, 6, 4, 5], [None, 6, 4, 5])
    for part in paddle.split(F.relu(x), 3, axis=1):
        g.output(part)
    for part in paddle.split(F.max_pool2d(x, 2, 1), [1, 2, -1], axis=1):  # channels lie innermost
        g.output(part)
    for part in paddle.split(x, [3, 1], axis=-2):
        g.output(part)
    for part in paddle.unstack(x, axis=2, num=4)[:2]:
        g.output(part)
    for part in paddle.unbind(x, axis=3)[:2]:
        g.output(part)
    g.output(paddle.stack([x, F.relu(x)], axis=2))
    g.output(paddle.stack([x, F.relu(x)], axis=-1))
    g.case("one", x=[1, 6, 4, 5])


@golden
def gathers_2x(g):
    """Parts by numbers that are inputs, constants, or computed; of floats, integers and a shape."""
    x = g.input("x", [2, 5, 4], [None, 5, 4])
    i = g.input("i", [6], [6], "int64", low=0, high=2)
    j = g.input("j", [3, 1], [None, 1], "int32", low=0, high=4)
    y = F.relu(x)
    g.output(paddle.gather(y, i))
    g.output(paddle.gather(y, j, axis=1))
    g.output(paddle.gather(y, i, axis=2))
    g.output(paddle.gather(y, i, axis=paddle.full([1], 2, "int32")))
    g.output(paddle.gather(x, paddle.full([2], 1, "int64")) - 0.5)
    g.output(paddle.gather(weight(4, 6), j))
    g.output(paddle.index_select(y, j[:, 0], axis=1))
    g.output(paddle.gather_nd(x, paddle.stack([i, i + 1], axis=1)))
    g.output(paddle.gather_nd(y, paddle.reshape(i, [2, 3, 1])))
    g.output(paddle.gather(paddle.cast(x[0] * 50.0, "int32"), i))
    rest = paddle.gather(paddle.shape(x), paddle.full([1], 2, "int32"))
    g.output(paddle.reshape(x, paddle.concat([paddle.full([1], -1, "int32"), rest])))
    g.case("three", x=[3, 5, 4], i=[6], j=[4, 1])


@golden
def values_2x(g):
    """What stands in the program itself."""
    x = g.input("x", [2, 5, 4], [None, 5, 4])
    mean, std = (paddle.assign(np.array(v, "float32")) for v in ([0.5, 0.25, 1, 2], [2, 4, 1, 3]))
    g.output((x - mean) / std)
    g.output(x[:, [0, 3, 1]])
    g.output(paddle.gather(x, paddle.assign(np.array([4, 0], "int32")), axis=1))
    g.case("three", x=[3, 5, 4])


@golden
def index_select_2x(g):
    x, i = g.input("x", [2, 5, 4], [None, 5, 4]), g.input("i", [6], [6], "int64", low=0, high=4)
    g.output(paddle.index_select(x, i, axis=1))
    g.output(paddle.index_select(x, i, axis=-1))


@golden
def embeddings_2x(g):
    i = g.input("i", [2, 3], [None, 3], "int64", low=0, high=10)
    j = g.input("j", [7], [None], "int32", low=0, high=10)
    k = g.input("k", [2, 3, 1], [None, 3, 1], "int64", low=0, high=10)
    h = nn.Embedding(10, 6)(i) + nn.Embedding(3, 6)(paddle.full([1, 3], 1, "int64"))
    g.output(nn.Linear(6, 4)(h))
    g.output(nn.Embedding(10, 5, padding_idx=3)(i))
    g.output(nn.Embedding(10, 4)(j))
    g.output(paddle.static.nn.embedding(k, [10, 3]))
    older = k.block.create_var(name="older", dtype="float32", shape=[-1, 3, 2])
    inputs = {"W": [weight(10, 2)], "Ids": [k]}
    attrs = {"padding_idx": 7}
    k.block.append_op(type="lookup_table", inputs=inputs, outputs={"Out": [older]}, attrs=attrs)
    g.output(older)
    g.case("one", i=[1, 3], j=[3], k=[1, 3, 1])


@golden
def pixel_shuffle_2x(g):
    x = g.input("x", [1, 18, 3, 4], [None, 18, None, None])
    g.output(F.pixel_shuffle(x, 3))
    g.output(F.pixel_shuffle(nn.Conv2D(18, 12, 3, padding=1)(x), 2))  # channels lie innermost
    g.output(nn.Conv2D(2, 3, 3)(F.pixel_shuffle(x, 3)))
    g.case("wide", x=[2, 18, 2, 7])


@golden
def repeats_2x(g):
    x = g.input("x", [2, 3, 1, 4], [None, 3, 1, 4])
    g.output(paddle.expand(x, [-1, 3, 5, 4]))
    g.output(paddle.expand(paddle.mean(x, axis=0, keepdim=True), [2, 3, 3, 4]))
    g.output(paddle.tile(x, [1, 2, 3, 2]))
    g.output(paddle.tile(x, [2]))
    shape = paddle.shape(x)
    g.output(paddle.tile(x[:, :, :, 0], [1, 1, shape[3]]))


@golden
def pads_2x(g):
    x = g.input("x", [1, 2, 4, 5], [None, 2, None, None])
    g.output(F.pad(x, [1, 2, 0, 3]))
    g.output(F.pad(x, [1, 2, 0, 3], value=-1.5))
    g.output(F.pad(x, [2, 1, 3, 0], mode="reflect"))
    g.output(F.pad(F.max_pool2d(x, 2, 1), [2, 1, 3, 0], mode="replicate"))
    g.output(F.pad(x, [2, 1, 3, 4], mode="circular"))
    g.case("two", x=[2, 2, 6, 4])


@golden
def reductions_2x(g):
    x = g.input("x", [2, 3, 4, 5], [None, 3, None, None])
    pooled = F.max_pool2d(x, 2, 1)  # channels lie innermost
    g.output(paddle.mean(pooled, axis=[2, 3], keepdim=True))
    g.output(paddle.mean(pooled, axis=[2, 3]))
    g.output(paddle.mean(x, axis=-1))
    g.output(paddle.max(pooled, axis=1, keepdim=True))
    g.output(paddle.max(pooled, axis=2))
    g.output(paddle.min(x, axis=[0, 1]))
    g.output(paddle.sum(x, axis=[1, 3]))
    g.output(paddle.prod(x, axis=2, keepdim=True))
    g.output(paddle.argmax(pooled, axis=1))
    g.output(paddle.argmax(x, axis=-1, keepdim=True, dtype="int32"))
    g.case("wide", x=[1, 3, 2, 7])


@golden
def integers_2x(g):
    """Types, and arithmetic of integers as programs do it with sizes."""
    x, n = g.input("x", [2, 3, 4]), g.input("n", [2, 3], dtype="int64", low=-2, high=2)
    shape = paddle.shape(x)
    g.output(paddle.cast(n, "float32") * 0.5)
    g.output(paddle.cast(x * 3.0, "int32"))
    g.output(paddle.cast(paddle.cast(n, "bool"), "int64"))
    g.output(n * 3 - 4)
    g.output(n + n[:1])
    g.output(paddle.cast(shape, "int64"))
    half = paddle.cast(paddle.cast(shape[2], "float32") * 0.5, "int32")
    g.output(paddle.reshape(x, [shape[0], -1, half]))
    g.output(paddle.reshape(x, [shape[0] * shape[1], -1]))
    g.output(paddle.reshape(x, paddle.concat([shape[:1], paddle.full([1], -1, "int32")])))
    g.case("three", x=[3, 3, 4], n=[3, 3])


if __name__ == "__main__":
    main()
