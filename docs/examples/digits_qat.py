"""Quantization-aware training from OUT/weights.pdparams to OUT/qat: digits_qat.py OUT"""

import os
import sys

from digits_net import SPEC, Net, digits, train  # before paddle
import paddle
from paddleslim import QAT

out = sys.argv[1]
x, y, test, answers = digits()
net = Net()
net.set_state_dict(paddle.load(os.path.join(out, "weights.pdparams")))
qat = QAT(
    config={
        "weight_quantize_type": "channel_wise_abs_max",
        "activation_quantize_type": "moving_average_abs_max",
        "quantizable_layer_type": ["Conv2D", "Linear"],  # a depthwise convolution is a Conv2D
        "onnx_format": False,
    }
)
qat.quantize(net)
train(net, x, y, 5, 5e-4)
found = net(paddle.to_tensor(test)).numpy()
found.tofile(os.path.join(out, "qat_simulated.f32"))
print("qat, simulated: %d of %d right" % ((found.argmax(1) == answers).sum(), len(answers)))
qat.save_quantized_model(net, os.path.join(out, "qat", "inference"), input_spec=SPEC)
