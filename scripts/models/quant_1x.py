"""Goldens of int8 nets: quantization-aware training with PaddleSlim 1.1.1 on Paddle 1.8.5, a few steps of it.

Paddle runs the fake-quant program in float, and a device in int8. Both round the same values, but a value that lies on the
edge between two steps may fall either way: the tolerance is two int8 steps of the largest output.
"""
import logging
import os
import shutil
import subprocess

import numpy as np
import paddle.fluid as fluid
from paddle.fluid import layers
from paddleslim.quant import convert, quant_aware

from golden import CPU, GOLDENS, SEPARATE, Golden, golden, main
from nets_1x import conv_bn, separable

logging.disable(logging.INFO)


def net(g):
    """Every quantized op and epilogue: conv+bn+relu, depthwise+bn+relu6, conv+bias, conv+bias+leaky_relu, mul+bias."""
    y = conv_bn(g.input("image", [2, 3, 12, 12]), 6, 3, 2)
    y = conv_bn(y, 6, 3, groups=6, act="relu6")
    y = layers.conv2d(y, 8, 1)
    y = layers.conv2d(y, 8, 3, 2, 1, groups=2, act="leaky_relu")
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    return g.output(layers.fc(y, 5))


def quantize(g, weights="abs_max", activations="moving_average_abs_max", int8=False, edit=None, steps=20):
    """Trains what is built so far towards random targets, with fake quantization; then edit(g, program) may change it."""
    config = {
        "weight_quantize_type": weights, "activation_quantize_type": activations, "weight_bits": 8, "activation_bits": 8,
        "quantize_op_types": ["conv2d", "depthwise_conv2d", "mul"], "dtype": "int8", "window_size": 10000, "moving_rate": 0.9,
    }
    test = g.program.clone(for_test=True)
    losses = [layers.mean(layers.square(y - 0.5)) for y in g.outputs]
    fluid.optimizer.SGD(1e-3).minimize(layers.sums(losses))
    g.randomize(test)
    test = quant_aware(test, CPU, config, scope=g.scope, for_test=True)
    train = quant_aware(g.program, CPU, config, scope=g.scope, for_test=False)
    for _ in range(steps):
        g.exe.run(train, feed={name: g.sample(name, None) for name in g.inputs})
    floats, ints = convert(test, CPU, config, scope=g.scope, save_int8=True)
    if edit:
        edit(g, floats)
    g.tolerance = lambda largest: 2 * largest / 127
    g.export(floats, g.model)
    g.record(g.model)
    if int8:  # Paddle cannot run these itself: the values are those of the float form
        g.export(ints, g.model)


@golden
def quant_moving_average(g):
    net(g)
    quantize(g)


if __name__ == "__main__":
    main()
