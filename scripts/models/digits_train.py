"""Trains the bundled model: digits_train.py DIGITS.npz DEMO_DIR TEST_DIR [--epochs N]

A MobileNet of 50,000 weights for handwritten digits, first in float, then with fake quantization
(PaddleSlim 1.1.1, moving_average_abs_max activations, abs_max weights). It learns from shifted,
turned, resized, inverted and noisy copies, so that pictures from elsewhere work too.
"""

import argparse
import logging
import os
import shutil

import numpy as np
import paddle.fluid as fluid
from paddle.fluid import layers
from paddleslim.quant import convert, quant_aware
from PIL import Image
from scipy import ndimage

from golden import COMBINED, CPU, strip
from nets_1x import conv_bn, separable

CONFIG = {
    "weight_quantize_type": "abs_max",
    "activation_quantize_type": "moving_average_abs_max",
    "weight_bits": 8,
    "activation_bits": 8,
    "quantize_op_types": ["conv2d", "depthwise_conv2d", "mul"],
    "dtype": "int8",
    "window_size": 10000,
    "moving_rate": 0.9,
}
BATCH = 64

arg = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
arg.add_argument("data")
arg.add_argument("demo")
arg.add_argument("test")
arg.add_argument("--epochs", type=int, default=60)
arg.add_argument("--qat-epochs", type=int, default=15)
a = arg.parse_args()
logging.disable(logging.INFO)
random = np.random.RandomState(1)


def preprocess(images):
    return ((images.astype("float32") / 255 - 0.5) / 0.5)[:, None].astype("float32")


def distort(image):
    """One digit as somebody else, or another camera, might have made it."""
    angle, zoom = np.deg2rad(random.uniform(-15, 15)), random.uniform(0.8, 1.25, 2)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + random.uniform(-3, 3, 2))
    image = ndimage.affine_transform(image.astype("float32"), matrix, offset, order=1)
    image = (
        (image - 128) * random.uniform(0.6, 1.1)
        + 128
        + random.normal(0, random.uniform(0, 16), image.shape)
    )
    if random.rand() < 0.3:
        image = 255 - image
    return np.clip(image, 0, 255)


def build():
    image, label = fluid.data("image", [None, 1, 32, 32], "float32"), fluid.data(
        "label", [None, 1], "int64"
    )
    y = conv_bn(image, 24, 3, 2)
    for channels, stride in ((48, 1), (96, 2), (96, 1), (128, 2), (128, 1)):
        y = separable(y, channels, stride)
    y = layers.pool2d(y, pool_type="avg", global_pooling=True)
    prob = layers.fc(y, 10, act="softmax")
    return prob, layers.mean(layers.cross_entropy(prob, label))


def train(program, loss, rate, epochs, first_rate, title):
    for e in range(epochs):
        value = np.float32([first_rate * 0.5 * (1 + np.cos(np.pi * e / epochs))])
        fluid.global_scope().find_var(rate).get_tensor().set(value, CPU)
        order, total = random.permutation(len(xtr)), 0
        for i in range(0, len(order) - BATCH + 1, BATCH):
            j = order[i : i + BATCH]
            x = preprocess(np.stack([distort(xtr[k]) for k in j]))
            total += exe.run(
                program,
                feed={"image": x, "label": ytr[j].reshape(-1, 1).astype("int64")},
                fetch_list=[loss.name],
            )[0][0]
        if e % 5 == 4:
            print(title, e + 1, "loss %.4f" % (total / (len(order) // BATCH)), flush=True)


def run(directory, x):
    with fluid.scope_guard(fluid.Scope()):
        program, feeds, fetches = fluid.io.load_inference_model(directory, exe, *COMBINED)
        return np.concatenate(
            [
                exe.run(program, feed={feeds[0]: x[i : i + 100]}, fetch_list=fetches)[0]
                for i in range(0, len(x), 100)
            ]
        )


def save(program, prob, directory):
    shutil.rmtree(directory, ignore_errors=True)
    fluid.io.save_inference_model(
        directory, ["image"], [program.global_block().var(prob.name)], exe, program, *COMBINED
    )
    strip(os.path.join(directory, COMBINED[0]))


z = np.load(a.data)
xtr, ytr, xte, yte = (z[k] for k in ("xtr", "ytr", "xte", "yte"))
exe, program, startup = fluid.Executor(CPU), fluid.Program(), fluid.Program()
program.random_seed = startup.random_seed = 1
with fluid.program_guard(program, startup):
    prob, loss = build()
    test = program.clone(for_test=True)
    rate = layers.create_global_var([1], 0.0, "float32", persistable=True, name="rate")
    fluid.optimizer.Adam(rate).minimize(loss)
exe.run(startup)
train(program, loss, "rate", a.epochs, 3e-3, "float")
floats = os.path.join(os.path.dirname(a.data), "digits_fp32")
save(test, prob, floats)
print("float: %d of %d" % ((run(floats, preprocess(xte)).argmax(1) == yte).sum(), len(yte)))

test = quant_aware(test, CPU, CONFIG, for_test=True)
train(
    quant_aware(program, CPU, CONFIG, for_test=False), loss, "rate", a.qat_epochs, 3e-4, "quantized"
)
model = os.path.join(a.demo, "model")
save(convert(test, CPU, CONFIG), prob, model)
simulated = run(model, preprocess(xte))
print("simulated int8: %d of %d" % ((simulated.argmax(1) == yte).sum(), len(yte)))
print(
    "simulated int8, dark ink on white: %d"
    % (run(model, preprocess(255 - xte)).argmax(1) == yte).sum()
)

os.makedirs(a.test, exist_ok=True)
xte.tofile(os.path.join(a.test, "images_500.u8"))
yte.tofile(os.path.join(a.test, "labels_500.u8"))
simulated.astype("float32").tofile(os.path.join(a.test, "simulated_500x10.f32"))
sevens = np.flatnonzero(yte == 7)
mean = xte[sevens].mean(0)
seven = min(sevens, key=lambda i: np.square(xte[i] - mean).sum())  # the most ordinary one
preprocess(xte[seven : seven + 1]).tofile(os.path.join(a.demo, "seven.f32"))
Image.fromarray(xte[seven]).save(os.path.join(a.demo, "seven.png"))
