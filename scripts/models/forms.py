"""A net in every form of quantization, and what Paddle computes for it.

    forms.py digits.npz NET OUT [--forms FORM...]

Trains NET on handwritten digits, then writes OUT/FORM/model for each form, the test
images as OUT/images.f32 and Paddle's probabilities for them as OUT/FORM/simulated.f32.
"""

import argparse
import logging
import os
import shutil
from unittest import mock

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import _C_ops, nn
from paddle.base.proto import framework_pb2
from paddle.vision import models
from paddleslim import QAT
from paddleslim.quant import convert, quant_aware, quant_post_dynamic, quant_post_static
from scipy import ndimage

from golden import CPU

logging.disable(logging.INFO)
NAMES = {"model_filename": "inference.pdmodel", "params_filename": "inference.pdiparams"}
SAVED = {"save_" + key: name for key, name in NAMES.items()}
QUANTIZED = ["conv2d", "depthwise_conv2d", "mul", "matmul_v2"]
TESTS, BATCH = 200, 64

# Epochs of training, the rate at their start, and the net.
NETS = {
    "mobilenet_v1": (90, 3e-3, lambda: models.mobilenet_v1(scale=0.25, num_classes=10)),
    "mobilenet_v2": (60, 3e-3, lambda: models.mobilenet_v2(scale=0.35, num_classes=10)),
    "mobilenet_v3": (90, 3e-3, lambda: models.mobilenet_v3_small(scale=0.5, num_classes=10)),
    "resnet18": (10, 1e-3, lambda: models.resnet18(num_classes=10)),
    "shufflenet_v2": (100, 3e-3, lambda: models.shufflenet_v2_x0_25(num_classes=10)),
    "squeezenet": (100, 7e-4, lambda: models.squeezenet1_1(num_classes=10)),
}


class Net(nn.Layer):
    """What is trained, with the softmax that is compared."""

    def __init__(self, name):
        super().__init__()
        self.body = NETS[name][2]()
        for layer in self.sublayers():
            if isinstance(layer, nn.BatchNorm2D):
                layer._momentum = 0.9  # MobileNetV3's 0.99 would want many more steps

    def logits(self, x):
        y = self.body(x)
        return paddle.flatten(y, 1) if len(y.shape) > 2 else y

    def forward(self, x):
        return F.softmax(self.logits(x))


class Data:
    def __init__(self, path):
        z = np.load(path)
        self.train, self.labels = normalize(z["xtr"]), z["ytr"].astype("int64")[:, None]
        self.test, self.answers = normalize(z["xte"][:TESTS]), z["yte"][:TESTS]
        self.shape = list(self.train.shape[1:])

    def batches(self, seed):
        order = np.random.RandomState(seed).permutation(len(self.train))
        for i in range(0, len(order) - BATCH + 1, BATCH):
            pick = order[i : i + BATCH]
            yield self.train[pick], self.labels[pick]


def normalize(images):
    return np.repeat(((images / 255.0 - 0.5) / 0.5).astype("float32")[:, None], 3, 1)


class Samples(paddle.io.IterableDataset):
    """What post-training quantization looks at."""

    def __init__(self, data):
        self.images = data.train[:128]

    def __iter__(self):
        return ([image] for image in self.images)


def distort(image, random):
    """One digit as somebody else might have written it."""
    angle, zoom = np.deg2rad(random.uniform(-10, 10)), random.uniform(0.9, 1.1)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom
    centre = (np.array(image.shape[1:]) - 1) / 2
    offset = centre - matrix @ (centre + random.uniform(-2, 2, 2))
    moved = ndimage.affine_transform(image[0], matrix, offset, order=1, cval=-1)
    return np.repeat(moved[None], 3, 0)


DEPTHWISE = _C_ops.depthwise_conv2d


def depthwise(x, weights, strides, paddings, *rest):
    """Paddle's own multiplies a matrix for each image and channel, which takes most of the time on
    small images. Here all images of a channel stand in one column, and there is one for each channel."""
    n, c, h, w = x.shape
    (s, _), (p, _), k = strides, paddings, weights.shape[2]
    if h * w > 4:
        return DEPTHWISE(x, weights, strides, paddings, *rest)
    rows, columns, pitch = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1, -(-(h + 2 * p) // s)
    x = F.pad(x.transpose([1, 0, 2, 3]), [p, p, p, pitch * s - h - p])
    x = F.pad(x.reshape([c, 1, n * pitch * s, w + 2 * p]), [0, 0, 0, k - 1])
    y = paddle.matmul(weights.reshape([c, 1, k * k]), F.unfold(x, k, s))
    y = y.reshape([c, -1, columns])[:, : n * pitch].reshape([c, n, pitch, columns])
    return y[:, :, :rows].transpose([1, 0, 2, 3])


@mock.patch.object(_C_ops, "depthwise_conv2d", depthwise)
def train(net, data, epochs, rate, distorted):
    """The rate falls to nothing along half a cosine. The first epochs see distorted digits."""
    paddle.disable_static()
    schedule = paddle.optimizer.lr.CosineAnnealingDecay(rate, epochs)
    adam = paddle.optimizer.AdamW(schedule, parameters=net.parameters(), weight_decay=0.02)
    random = np.random.RandomState(1)
    net.train()
    for epoch in range(epochs):
        for x, y in data.batches(epoch):
            if epoch < distorted:
                x = np.stack([distort(image, random) for image in x])
            loss = F.cross_entropy(net.logits(paddle.to_tensor(x)), paddle.to_tensor(y))
            loss.backward()
            adam.step()
            adam.clear_grad()
        schedule.step()
        print("epoch %d, loss of its last batch %.3f" % (epoch, float(loss)), flush=True)
    net.eval()


def spec(data):
    return [paddle.static.InputSpec([None] + data.shape, "float32", "image")]


# --- the forms -------------------------------------------------------------------------------


def floats(net, data, out):
    paddle.disable_static()
    paddle.jit.save(net, os.path.join(out, "inference"), input_spec=spec(data))


def aware(net, data, out, linear, weights="channel_wise_abs_max"):
    """Quantization-aware training of layers: the forms that give back floats."""
    paddle.disable_static()
    copy = Net(net.name)
    copy.set_state_dict(net.state_dict())
    qat = QAT(
        config={
            "weight_quantize_type": weights,
            "activation_quantize_type": "moving_average_abs_max",
            "quantizable_layer_type": ["Conv2D", "Linear"],
            "onnx_format": linear,
        }
    )
    qat.quantize(copy)
    train(copy, data, 5, 1e-4, 0)
    qat.save_quantized_model(copy, os.path.join(out, "inference"), input_spec=spec(data))


def aware_static(net, data, out, weights, activations):
    """Quantization-aware training of a program: quantize, multiply, dequantize."""
    paddle.disable_static()
    state = {name: value.numpy() for name, value in net.state_dict().items()}
    paddle.enable_static()
    exe, scope = paddle.static.Executor(CPU), paddle.static.Scope()
    program, startup = paddle.static.Program(), paddle.static.Program()
    config = {
        "weight_quantize_type": weights,
        "activation_quantize_type": activations,
        "quantize_op_types": QUANTIZED,
        "onnx_format": False,
    }
    with paddle.static.scope_guard(scope), paddle.static.program_guard(program, startup):
        image = paddle.static.data("image", [None] + data.shape, "float32")
        label = paddle.static.data("label", [None, 1], "int64")
        static = Net(net.name)
        logits = static.logits(image)
        result, loss = F.softmax(logits), F.cross_entropy(logits, label)
        test = program.clone(for_test=True)
        paddle.optimizer.SGD(1e-3).minimize(loss)
        exe.run(startup)
        for name, value in static.state_dict().items():
            scope.find_var(value.name).get_tensor().set(state[name], CPU)
        test = quant_aware(test, CPU, config, scope=scope, for_test=True)
        training = quant_aware(program, CPU, config, scope=scope, for_test=False)
        for epoch in range(3):
            for x, y in data.batches(epoch):
                exe.run(training, feed={"image": x, "label": y}, fetch_list=[loss])
        frozen = convert(test, CPU, config, scope=scope)
        block = frozen.global_block()
        paddle.static.save_inference_model(
            os.path.join(out, "inference"),
            [block.var("image")],
            [block.var(result.name)],
            exe,
            program=frozen,
        )


def post(net, data, out, linear, weights="channel_wise_abs_max", algorithm="abs_max"):
    with_floats = os.path.join(os.path.dirname(os.path.dirname(out)), "fp32", "model")
    paddle.enable_static()
    with paddle.static.scope_guard(paddle.static.Scope()):
        image = paddle.static.data("image", [None] + data.shape, "float32")
        loader = paddle.io.DataLoader(
            Samples(data), feed_list=[image], batch_size=16, return_list=False
        )
        quant_post_static(
            paddle.static.Executor(CPU),
            with_floats,
            out,
            data_loader=loader,
            **NAMES,
            **SAVED,
            batch_size=16,
            batch_nums=8,
            algo=algorithm,
            weight_quantize_type=weights,
            quantizable_op_type=QUANTIZED,
            onnx_format=linear,
        )


def weights_only(net, data, out, bits):
    """Paddle runs the same weights held as floats."""
    with_floats = os.path.join(os.path.dirname(os.path.dirname(out)), "fp32", "model")
    paddle.enable_static()
    quant_post_dynamic(
        with_floats,
        out,
        **NAMES,
        **SAVED,
        quantizable_op_type=["conv2d", "depthwise_conv2d", "mul"],
        weight_bits=bits,
        generate_test_model=True,
    )


def cut_at_127(source, net, data, out):
    """The form `source`, where quantize_linear rounds and cuts as int8 kernels do."""
    source = os.path.join(os.path.dirname(os.path.dirname(out)), source, "model")
    shutil.copytree(source, out, dirs_exist_ok=True)
    path = os.path.join(out, "inference.pdmodel")
    program = framework_pb2.ProgramDesc()
    with open(path, "rb") as f:
        program.ParseFromString(f.read())
    for op in program.blocks[0].ops:
        if op.type == "quantize_linear":
            op.attrs.add(name="round_type", type=framework_pb2.INT, i=1)
    with open(path, "wb") as f:
        f.write(program.SerializeToString())


FORMS = {
    "fp32": floats,
    "aware": lambda *a: aware_static(*a, "abs_max", "moving_average_abs_max"),
    "aware_range_channel": lambda *a: aware_static(*a, "channel_wise_abs_max", "range_abs_max"),
    "aware_dynamic": lambda *a: aware_static(*a, "abs_max", "abs_max"),
    "aware_qdq": lambda *a: aware(*a, False),
    "aware_qdq_tensor": lambda *a: aware(*a, False, "abs_max"),
    "aware_linear": lambda *a: aware(*a, True),
    "aware_linear_127": lambda *a: cut_at_127("aware_linear", *a),
    "post": lambda *a: post(*a, False),
    "post_tensor": lambda *a: post(*a, False, "abs_max"),
    "post_linear": lambda *a: post(*a, True),
    "post_linear_127": lambda *a: cut_at_127("post_linear", *a),
    "post_linear_tensor": lambda *a: post(*a, True, "abs_max", "hist"),
    "post_linear_tensor_127": lambda *a: cut_at_127("post_linear_tensor", *a),
    "post_linear_kl": lambda *a: post(*a, True, "abs_max", "KL"),
    "post_linear_kl_127": lambda *a: cut_at_127("post_linear_kl", *a),
    "weights_8": lambda *a: weights_only(*a, 8),
    "weights_16": lambda *a: weights_only(*a, 16),
}


def simulate(model, images):
    paddle.enable_static()
    exe = paddle.static.Executor(CPU)
    with paddle.static.scope_guard(paddle.static.Scope()):
        program, feeds, fetches = paddle.static.load_inference_model(model, exe, **NAMES)
        return exe.run(program, feed={feeds[0]: images}, fetch_list=fetches)[0]


def make(name, net, data, out):
    home = os.path.join(out, name)
    model = os.path.join(home, "model")
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(model)
    FORMS[name](net, data, model)
    test = os.path.join(model, "test_model")
    result = np.asarray(simulate(test if os.path.isdir(test) else model, data.test))
    quantized = os.path.join(model, "quantized_model")
    if os.path.isdir(quantized):
        shutil.move(quantized, home)
        shutil.rmtree(model)
        os.rename(os.path.join(home, "quantized_model"), model)
    result.astype("float32").tofile(os.path.join(home, "simulated.f32"))
    right = (result.argmax(1) == data.answers).mean()
    print("%s: %.1f %% right" % (name, 100 * right), flush=True)


def main():
    arg = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arg.add_argument("data")
    arg.add_argument("net", choices=sorted(NETS))
    arg.add_argument("out")
    arg.add_argument("--forms", nargs="*", default=list(FORMS))
    a = arg.parse_args()
    paddle.seed(1)
    np.random.seed(1)
    data = Data(a.data)
    os.makedirs(a.out, exist_ok=True)
    data.test.tofile(os.path.join(a.out, "images.f32"))
    data.answers.tofile(os.path.join(a.out, "answers.u8"))
    paddle.disable_static()
    net = Net(a.net)
    net.name = a.net
    trained = os.path.join(a.out, "trained.pdparams")
    if os.path.exists(trained):
        net.set_state_dict(paddle.load(trained))
        net.eval()
    else:
        epochs, rate, _ = NETS[a.net]
        train(net, data, epochs, rate, epochs * 4 // 5)
        paddle.save(net.state_dict(), trained)
    for name in a.forms:
        make(name, net, data, a.out)


if __name__ == "__main__":
    main()
