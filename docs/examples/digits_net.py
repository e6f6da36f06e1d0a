"""A small net for handwritten digits, trained in float: digits_net.py OUT

Writes OUT/fp32 (the exported model), OUT/weights.pdparams, OUT/images.f32 (400 images that
the net has not seen, 1x16x16) and OUT/answers.u8. The scripts beside this one start from here.
"""

import os
import sys

import numpy as np
from sklearn.datasets import load_digits  # before paddle

import paddle
import paddle.nn.functional as F
from paddle import nn

SPEC = [paddle.static.InputSpec([None, 1, 16, 16], "float32", "image")]


def conv_bn(inputs, outputs, size, stride=1, groups=1):
    return [
        nn.Conv2D(inputs, outputs, size, stride, size // 2, groups=groups, bias_attr=False),
        nn.BatchNorm2D(outputs),
        nn.ReLU(),
    ]


class Net(nn.Layer):
    """A convolution, two depthwise separable ones, and a fully connected layer."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *conv_bn(1, 16, 3, 2),
            *conv_bn(16, 16, 3, groups=16),
            *conv_bn(16, 32, 1),
            *conv_bn(32, 32, 3, 2, groups=32),
            *conv_bn(32, 64, 1),
            nn.AdaptiveAvgPool2D(1),
            nn.Flatten(),
        )
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return F.softmax(self.fc(self.features(x)))


def digits():
    """Training images and labels, test images and labels."""
    data = load_digits()
    images = (data.images.repeat(2, 1).repeat(2, 2)[:, None] / 8 - 1).astype("float32")
    order = np.random.RandomState(0).permutation(len(images))
    x, y = images[order], data.target[order].astype("int64")
    return x[400:], y[400:], x[:400], y[:400]


def train(net, x, y, epochs, rate):
    schedule = paddle.optimizer.lr.CosineAnnealingDecay(rate, epochs)
    adam = paddle.optimizer.AdamW(schedule, parameters=net.parameters(), weight_decay=0.01)
    net.train()
    for epoch in range(epochs):
        order = np.random.RandomState(epoch).permutation(len(x))
        for i in range(0, len(order) - 63, 64):
            pick = order[i : i + 64]
            probability = net(paddle.to_tensor(x[pick]))
            loss = F.nll_loss(paddle.log(probability + 1e-9), paddle.to_tensor(y[pick]))
            loss.backward()
            adam.step()
            adam.clear_grad()
        schedule.step()
    net.eval()


def right(net, x, y):
    return int((net(paddle.to_tensor(x)).numpy().argmax(1) == y).sum())


if __name__ == "__main__":
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    paddle.seed(1)
    x, y, test, answers = digits()
    net = Net()
    train(net, x, y, 30, 5e-3)
    paddle.save(net.state_dict(), os.path.join(out, "weights.pdparams"))
    paddle.jit.save(net, os.path.join(out, "fp32", "inference"), input_spec=SPEC)
    test.tofile(os.path.join(out, "images.f32"))
    answers.astype("uint8").tofile(os.path.join(out, "answers.u8"))
    print("fp32: %d of %d right" % (right(net, test, answers), len(answers)))
