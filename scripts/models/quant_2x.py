"""Goldens of int8 nets with PaddleSlim 2.6: post-training, quantization-aware, two forms each."""

import logging
import os
import tempfile

import paddle
import paddle.nn.functional as F
from paddle import nn
from paddleslim import QAT
from paddleslim.quant import quant_post_static

from golden import COMBINED, golden, main, strip
from nets_2x import conv_bn

logging.disable(logging.INFO)


class Samples(paddle.io.IterableDataset):
    """What post-training quantization looks at: 16 random images."""

    def __init__(self, g):
        self.images = [g.sample("image", [3, 12, 12]) for _ in range(16)]

    def __iter__(self):
        return ([image] for image in self.images)


def post_training(g, weights, linear):
    """Quantizes a float net. linear: quantize_linear and dequantize_linear, int8 weights."""
    image = g.input("image", [1, 3, 12, 12])
    y = conv_bn(image, 6, 3, 2)
    y = conv_bn(y, 6, 3, groups=6, act=F.relu6)
    y = F.leaky_relu(nn.Conv2D(6, 8, 3, 2, 1)(y))
    g.output(nn.Linear(8, 5)(paddle.flatten(F.adaptive_avg_pool2d(y, 1), 1)))
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
            quantizable_op_type=["conv2d", "depthwise_conv2d", "matmul_v2"],
            onnx_format=linear,
        )
    finish(g)


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


def aware(g, linear, fresh=True):
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
            "weight_quantize_type": "channel_wise_abs_max",
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


if __name__ == "__main__":
    main()
