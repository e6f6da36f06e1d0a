"""Goldens of int8 nets with PaddleSlim 2.6: post-training, quantization-aware, two forms each."""

import logging
import os
import shutil
import tempfile

import paddle
import paddle.nn.functional as F
from paddle import nn
from paddleslim import QAT
from paddleslim.quant import convert, quant_aware, quant_post_dynamic, quant_post_static

from golden import COMBINED, CPU, golden, main, strip
from nets_2x import conv_bn

logging.disable(logging.INFO)


class Samples(paddle.io.IterableDataset):
    """What post-training quantization looks at: 16 random images."""

    def __init__(self, g):
        self.images = [g.sample("image", g.inputs["image"][0][1:]) for _ in range(16)]

    def __iter__(self):
        return ([image] for image in self.images)


WEIGHTED = ["conv2d", "depthwise_conv2d", "matmul_v2"]


def net(g):
    y = conv_bn(g.input("image", [1, 3, 12, 12]), 6, 3, 2)
    y = conv_bn(y, 6, 3, groups=6, act=F.relu6)
    y = F.leaky_relu(nn.Conv2D(6, 8, 3, 2, 1)(y))
    return g.output(nn.Linear(8, 5)(paddle.flatten(F.adaptive_avg_pool2d(y, 1), 1)))


def residual(g):
    """Branches that meet again, and what stands behind them."""
    x = conv_bn(g.input("image", [1, 3, 12, 12]), 6, 3, 2)
    y = conv_bn(x, 6, 3) + conv_bn(x, 6, 1)
    y = paddle.concat([F.max_pool2d(y, 2), F.avg_pool2d(x, 2)], axis=1)
    return g.output(nn.Linear(12, 5)(paddle.flatten(F.adaptive_avg_pool2d(y, 1), 1)))


def upsampling(g):
    y = conv_bn(g.input("image", [1, 3, 6, 6]), 8, 3)
    y = F.relu(nn.Conv2DTranspose(8, 6, 2, 2)(y))
    return g.output(nn.Conv2DTranspose(6, 4, 3, 2, 1, bias_attr=False)(y))


def face(g):
    """Every activation a prelu, as in nets that recognize faces."""
    prelu = lambda y: nn.PReLU(y.shape[1])(y)
    y = conv_bn(g.input("image", [1, 3, 12, 12]), 8, 3, 2, act=prelu)
    y = conv_bn(y, 8, 3, groups=8, act=prelu)
    y = conv_bn(y, 16, 1, act=nn.PReLU())
    return g.output(conv_bn(y, 6, 6, act=None))


def sound(g):
    """Layers of one dimension: filters that unsqueeze2 makes of parameters, with observers in between."""
    y = F.relu(nn.BatchNorm1D(8)(nn.Conv1D(3, 8, 5, stride=2, padding=2)(g.input("image", [1, 3, 32]))))
    y = F.relu(nn.BatchNorm1D(8)(nn.Conv1D(8, 8, 3, groups=8, padding=1)(y)))
    y = F.relu(nn.Conv1D(8, 12, 1)(y))
    return g.output(nn.Linear(12, 5)(paddle.flatten(nn.AdaptiveAvgPool1D(1)(y), 1)))


def post_training(g, weights, linear, ops=(), build=net):
    """Quantizes a float net. linear: quantize_linear and dequantize_linear, int8 weights."""
    build(g)
    image = g.program.global_block().var("image")
    g.randomize()
    with tempfile.TemporaryDirectory() as floats:
        g.export(g.program.clone(for_test=True), floats, stripped=False)
        quant_post_static(
            g.exe,
            floats,
            g.model,
            data_loader=paddle.io.DataLoader(
                Samples(g), feed_list=[image], batch_size=1, return_list=False
            ),
            model_filename=COMBINED[0],
            params_filename=COMBINED[1],
            save_model_filename=COMBINED[0],
            save_params_filename=COMBINED[1],
            batch_size=1,
            batch_nums=16,
            algo="abs_max",
            weight_quantize_type=weights,
            quantizable_op_type=[*WEIGHTED, *ops],
            onnx_format=linear,
        )
    finish(g)


def weight_only(g):
    """Paddle runs the same weights held as floats."""
    net(g)
    g.randomize()
    with tempfile.TemporaryDirectory() as scratch:
        floats, out = os.path.join(scratch, "floats"), os.path.join(scratch, "out")
        g.export(g.program.clone(for_test=True), floats, stripped=False)
        # of a matmul_v2 it makes no integers
        quant_post_dynamic(
            floats,
            out,
            *COMBINED,
            *COMBINED,
            quantizable_op_type=WEIGHTED[:2],
            generate_test_model=True,
        )
        shutil.copytree(os.path.join(out, "test_model"), g.model)
        g.record(g.model)
        shutil.rmtree(g.model)
        shutil.copytree(os.path.join(out, "quantized_model"), g.model)
    strip(os.path.join(g.model, COMBINED[0]))


def aware_program(g, weights, activations):
    """Trains a program instead of layers: the forms of Paddle 1, from today's tools."""
    config = {
        "weight_quantize_type": weights,
        "activation_quantize_type": activations,
        "quantize_op_types": WEIGHTED,
        "onnx_format": False,
    }
    net(g)
    test = g.program.clone(for_test=True)
    loss = paddle.mean(paddle.square(g.outputs[0] - 0.5))
    paddle.optimizer.SGD(1e-3).minimize(loss)
    g.randomize(test)
    test = quant_aware(test, CPU, config, scope=g.scope, for_test=True)
    train = quant_aware(g.program, CPU, config, scope=g.scope, for_test=False)
    for _ in range(20):
        g.exe.run(train, feed={"image": g.sample("image", [4, 3, 12, 12])}, fetch_list=[loss])
    g.export(convert(test, CPU, config, scope=g.scope), g.model)
    g.record(g.model)
    g.check_edges()


class Net(nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2D(3, 6, 3, 2, 1, bias_attr=False), nn.BatchNorm2D(6)
        self.deep, self.deep_bn = nn.Conv2D(
            6, 6, 3, 1, 1, groups=6, bias_attr=False
        ), nn.BatchNorm2D(6)
        self.point, self.linear = nn.Conv2D(6, 8, 1), nn.Linear(8, 5)

    def forward(self, image):
        y = F.relu(self.bn(self.conv(image)))
        y = F.relu6(self.deep_bn(self.deep(y)))
        y = F.hardswish(self.point(y))
        return self.linear(paddle.flatten(F.adaptive_avg_pool2d(y, 1), 1))


def aware(g, linear, fresh=True, weights="channel_wise_abs_max"):
    """Trains Net a little with fake quantization.

    linear: Paddle rounds what comes out of each convolution too. Not linear: float weights before
    quantize_dequantize.

    fresh: runs it once more before saving, as who measures its accuracy does. Otherwise the
    file's thresholds of the weights are those of the last step but one; Paddle never reads them.
    """
    g.inputs["image"] = ([1, 3, 12, 12], "float32", -1, 1)
    paddle.disable_static()
    paddle.seed(1)
    net = Net()
    for bn in (net.bn, net.deep_bn):
        for value, low, high in (
            (bn.weight, -1, 2),
            (bn.bias, -1, 1),
            (bn._mean, -0.5, 0.5),
            (bn._variance, 0.5, 2),
        ):
            value.set_value(g.random.uniform(low, high, value.shape).astype("float32"))
    qat = QAT(
        config={
            "weight_quantize_type": weights,
            "activation_quantize_type": "moving_average_abs_max",
            "quantizable_layer_type": ["Conv2D", "Linear"],
            "onnx_format": linear,
        }
    )
    qat.quantize(net)
    net.train()
    sgd = paddle.optimizer.SGD(1e-3, parameters=net.parameters())
    for _ in range(20):
        loss = paddle.square(net(paddle.to_tensor(g.sample("image", [4, 3, 12, 12]))) - 0.5).mean()
        loss.backward()
        sgd.step()
        sgd.clear_grad()
    net.eval()
    if fresh:
        net(paddle.to_tensor(g.sample("image", None)))
    spec = paddle.static.InputSpec([None, 3, 12, 12], "float32", "image")
    qat.save_quantized_model(net, os.path.join(g.model, "inference"), input_spec=[spec])
    paddle.enable_static()
    finish(g)


def finish(g):
    for name in set(os.listdir(g.model)) - set(COMBINED):
        os.remove(os.path.join(g.model, name))
    strip(os.path.join(g.model, COMBINED[0]))
    g.record(g.model)
    g.check_edges()


@golden
def quant_2x_post(g):
    post_training(g, "abs_max", linear=False)


@golden
def quant_2x_post_channel_wise(g):
    post_training(g, "channel_wise_abs_max", linear=False)


@golden
def quant_2x_post_linear(g):
    post_training(g, "channel_wise_abs_max", linear=True)


@golden
def quant_2x_post_linear_tensor(g):
    post_training(g, "abs_max", linear=True)


@golden
def quant_2x_aware(g):
    aware(g, linear=False)


@golden
def quant_2x_aware_stale(g):
    aware(g, linear=False, fresh=False)


@golden
def quant_2x_aware_linear(g):
    aware(g, linear=True)


@golden
def quant_2x_aware_tensor(g):
    aware(g, linear=False, weights="abs_max")


@golden
def quant_2x_aware_program(g):
    aware_program(g, "channel_wise_abs_max", "range_abs_max")


@golden
def quant_2x_weights(g):
    weight_only(g)


@golden
def quant_2x_post_all(g):
    """Ops without weights have their inputs rounded, and compute in float."""
    post_training(
        g,
        "channel_wise_abs_max",
        linear=False,
        ops=("pool2d", "elementwise_add", "concat"),
        build=residual,
    )


@golden
def quant_2x_post_linear_all(g):
    post_training(
        g,
        "abs_max",
        linear=True,
        ops=("pool2d", "elementwise_add", "concat"),
        build=residual,
    )


@golden
def quant_2x_post_transpose(g):
    post_training(
        g, "channel_wise_abs_max", linear=False, ops=["conv2d_transpose"], build=upsampling
    )


@golden
def quant_2x_post_linear_transpose(g):
    post_training(g, "abs_max", linear=True, ops=["conv2d_transpose"], build=upsampling)


@golden
def quant_2x_post_linear_sound(g):
    post_training(g, "abs_max", linear=True, build=sound)


@golden
def quant_2x_post_prelu(g):
    post_training(g, "channel_wise_abs_max", linear=False, build=face)


if __name__ == "__main__":
    main()
