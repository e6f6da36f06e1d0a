"""Goldens of int8 nets: a little quantization-aware training with PaddleSlim 1.1.1 on Paddle 1.8.5.

Paddle runs the fake-quant program in float, and a device in int8. Both round the same values, so
they agree but for float rounding, unless a value lies on the edge between two int8 steps:
Golden.check_edges makes sure that none does.
"""

import logging
import os
import shutil
import tempfile

import paddle.fluid as fluid
from paddle.fluid import layers
from paddleslim.quant import convert, quant_aware, quant_post_only_weight

from golden import COMBINED, CPU, SEPARATE, golden, main, strip
from nets_1x import conv_bn, separable

logging.disable(logging.INFO)


def net(g):
    """Convolutions with bn+relu, bn+relu6 (depthwise), bias, bias+leaky_relu; mul with bias."""
    y = conv_bn(g.input("image", [2, 3, 12, 12]), 6, 3, 2)
    y = conv_bn(y, 6, 3, groups=6, act="relu6")
    y = layers.conv2d(y, 8, 1)
    y = layers.conv2d(y, 8, 3, 2, 1, groups=2, act="leaky_relu")
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    return g.output(layers.fc(y, 5))


def quantize(
    g,
    weights="abs_max",
    activations="moving_average_abs_max",
    int8=False,
    edit=None,
    steps=20,
    ops=("conv2d", "depthwise_conv2d", "mul"),
    tolerance_steps=0,
):
    """Trains what g has a little, with fake quantization; then edit(g, program) may change it."""
    config = {
        "weight_quantize_type": weights,
        "activation_quantize_type": activations,
        "weight_bits": 8,
        "activation_bits": 8,
        "quantize_op_types": list(ops),
        "dtype": "int8",
        "window_size": 10000,
        "moving_rate": 0.9,
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
    number_channel_scales(g, floats, ints)
    if edit:
        edit(g, floats)
    g.export(floats, g.model)
    g.record(g.model, tolerance_steps)
    g.check_edges()
    if int8:  # Paddle cannot run these itself: the values are those of the float form
        g.export(ints, g.model)


def number_channel_scales(g, *programs):
    """PaddleSlim numbers channel_scale_N differently each time: here in the order of use."""
    for program in programs:
        block = program.global_block()
        ops = [op for op in block.ops if op.type == "fake_channel_wise_dequantize_max_abs"]
        values = [g.get(op.input("Scales")[0]) for op in ops]
        for i, op in enumerate(ops):
            name = "channel_scale_%d" % i
            op.desc.set_input("Scales", [name, op.input("Scales")[1]])
            block.var(name).desc.set_shape(values[i].shape)
    for i, value in enumerate(values):
        g.set("channel_scale_%d" % i, value)


@golden
def quant_moving_average(g):
    net(g)
    quantize(g)


@golden
def quant_range(g):
    net(g)
    quantize(g, activations="range_abs_max")


@golden
def quant_channel_wise(g):
    net(g)
    quantize(g, weights="channel_wise_abs_max")


@golden
def quant_range_channel_wise(g):
    net(g)
    quantize(g, weights="channel_wise_abs_max", activations="range_abs_max")


@golden
def quant_int8(g):
    """Weights stored as int8 (save_int8), one file each."""
    g.files = SEPARATE
    net(g)
    quantize(g, int8=True)


@golden
def quant_channel_wise_int8(g):
    net(g)
    quantize(g, weights="channel_wise_abs_max", int8=True)


@golden
def quant_chain(g):
    """Quantized ops only: what flows between them is int8, never float."""
    y = conv_bn(g.input("image", [1, 3, 10, 10], [None, 3, None, None]), 8, 3)
    y = separable(y, 8, 2)
    y = conv_bn(y, 6, 3)
    y = layers.conv2d(y, 6, 1, act="relu6")
    g.output(layers.conv2d(y, 4, 3, bias_attr=False))
    quantize(g, weights="channel_wise_abs_max")


@golden
def quant_fc_chain(g):
    y = layers.fc(g.input("x", [3, 12], low=-4, high=4), 16, act="relu")
    y = layers.fc(y, 16, act="relu6")
    g.output(layers.fc(y, 6, act="softmax"))
    quantize(g)


@golden
def quant_fc_no_bias(g):
    """A mul whose only consumer is quantized: opt 2.13 aborts, "No kernels found for mul"."""
    y = layers.fc(g.input("x", [3, 12], low=-4, high=4), 16, bias_attr=False)
    y = layers.fc(y, 10, bias_attr=False, act="relu")
    g.output(layers.fc(y, 6, bias_attr=False))
    quantize(g)


@golden
def quant_residual(g):
    """One tensor feeds two quantized convolutions, and one also an addition."""
    x = conv_bn(g.input("image", [1, 3, 10, 10]), 6, 3, 2)
    y = conv_bn(x, 8, 3, act="relu")
    y = layers.elementwise_add(conv_bn(y, 8, 1, act=None), conv_bn(x, 8, 1, act=None), act="relu")
    z = conv_bn(y, 8, 3, groups=8, act="relu6")
    y = layers.elementwise_add(y, conv_bn(z, 8, 1, act=None))
    g.output(layers.softmax(layers.fc(layers.pool2d(y, pool_type="avg", global_pooling=True), 5)))
    quantize(g)


@golden
def quant_two_thresholds(g):
    """One tensor feeds two convolutions with a threshold each. PaddleSlim would share one."""
    y = conv_bn(g.input("image", [1, 3, 10, 10]), 6, 3, 2)
    g.output(layers.conv2d(y, 5, 3, act="relu"))
    g.output(layers.conv2d(y, 4, 1))
    quantize(g, edit=split_threshold)


def split_threshold(g, program):
    """Gives the last convolution a fake_quantize of its own, at 0.6 of the threshold."""
    block = program.global_block()
    conv = [op for op in block.ops if op.type == "conv2d"][-1]
    name = conv.input("Input")[0]
    index, quant = next((i, op) for i, op in enumerate(block.ops) if name in op.output_arg_names)
    shared = quant.input("InScale")[0]
    scale = block.create_var(name=shared + ".second", shape=[1], dtype="float32", persistable=True)
    own = block.create_var(name=name + ".second", shape=block.var(name).shape, dtype="float32")
    g.scope.var(scale.name)
    g.set(scale.name, (g.get(shared) * 0.6).astype("float32"))
    attrs = {n: quant.attr(n) for n in ("bit_length", "moving_rate", "is_test")}
    block._insert_op(
        index + 1,
        type=quant.type,
        inputs={"X": [block.var(quant.input("X")[0])], "InScale": [scale]},
        outputs={"Out": [own], "OutScale": [scale]},
        attrs=attrs,
    )
    conv.desc.set_input("Input", [own.name])
    dequant = next(op for op in block.ops if conv.output("Output")[0] in op.input_arg_names)
    if dequant.input("Scale") == [shared]:
        dequant.desc.set_input("Scale", [scale.name])


def weight_only(g, bits):
    """Weights as integers and nothing else; Paddle runs what they stand for."""
    net(g)
    g.randomize()
    with tempfile.TemporaryDirectory() as scratch:
        floats, out = os.path.join(scratch, "floats"), os.path.join(scratch, "out")
        g.export(g.program.clone(for_test=True), floats, stripped=False)
        quant_post_only_weight(
            floats,
            out,
            *COMBINED,
            *COMBINED,
            quantizable_op_type=["conv2d", "depthwise_conv2d", "mul"],
            weight_bits=bits,
            generate_test_model=True,
        )
        shutil.copytree(os.path.join(out, "test_model"), g.model)
        g.record(g.model)
        shutil.rmtree(g.model)
        shutil.copytree(os.path.join(out, "quantized_model"), g.model)
    strip(os.path.join(g.model, COMBINED[0]))


@golden
def quant_weights(g):
    weight_only(g, 8)


@golden
def quant_weights_16(g):
    weight_only(g, 16)


@golden
def quant_dynamic(g):
    """The threshold of an activation is that of the data at hand."""
    net(g)
    quantize(g, activations="abs_max", tolerance_steps=3)


@golden
def quant_partial(g):
    """Two ops are left out, by their name scope."""
    y = conv_bn(g.input("image", [1, 3, 10, 10]), 6, 3, 2)
    with fluid.name_scope("skip_quant"):
        y = layers.conv2d(y, 6, 3, act="relu")
    y = layers.conv2d(y, 8, 1, act="relu")
    y = layers.fc(layers.pool2d(y, pool_type="avg", global_pooling=True), 8, act="relu")
    with fluid.name_scope("skip_quant"):
        g.output(layers.fc(y, 5))
    quantize(g)


@golden
def quant_shared(g):
    """One filter of two convolutions, and one matrix of two multiplications."""
    shared = fluid.ParamAttr(name="shared")
    y = layers.conv2d(g.input("image", [1, 4, 8, 8]), 4, 3, padding=1, param_attr=shared, act="relu")
    y = layers.conv2d(y, 4, 3, padding=1, param_attr=shared, act="relu6")
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    matrix = fluid.ParamAttr(name="matrix")
    g.output(layers.fc(layers.fc(y, 4, param_attr=matrix, act="relu"), 4, param_attr=matrix))
    quantize(g)


@golden
def quant_matmul(g):
    """Multiplications by a parameter that are no fc, and one of two activations."""
    x = g.input("x", [2, 3, 12], low=-4, high=4)
    y = layers.relu(layers.matmul(x, layers.create_parameter([12, 8], "float32")))
    z = layers.matmul(x, layers.create_parameter([8, 12], "float32"), transpose_y=True, alpha=0.5)
    g.output(layers.matmul(y, z, transpose_y=True))
    quantize(g, ops=["matmul"])


if __name__ == "__main__":
    main()
