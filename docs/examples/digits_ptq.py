"""Post-training quantization of OUT/fp32 to OUT/ptq: digits_ptq.py OUT"""

import os
import sys

from digits_net import digits  # before paddle
import paddle
from paddleslim.quant import quant_post_static

FILES = {"model_filename": "inference.pdmodel", "params_filename": "inference.pdiparams"}


class Calibration(paddle.io.IterableDataset):
    """128 images of the kind that the model will see; labels are not needed."""

    def __iter__(self):
        return ([image] for image in digits()[0][:128])


out = sys.argv[1]
paddle.enable_static()
executor = paddle.static.Executor(paddle.CPUPlace())
image = paddle.static.data("image", [None, 1, 16, 16], "float32")
quant_post_static(
    executor,
    os.path.join(out, "fp32"),
    os.path.join(out, "ptq"),
    data_loader=paddle.io.DataLoader(
        Calibration(), feed_list=[image], batch_size=16, return_list=False
    ),
    **FILES,
    **{"save_" + key: name for key, name in FILES.items()},
    batch_size=16,
    batch_nums=8,
    algo="avg",
    weight_quantize_type="channel_wise_abs_max",
    quantizable_op_type=["conv2d", "depthwise_conv2d", "mul", "matmul_v2"],
    onnx_format=False,
)

program, inputs, outputs = paddle.static.load_inference_model(
    os.path.join(out, "ptq"), executor, **FILES
)
_, _, test, answers = digits()
(found,) = executor.run(program, feed={inputs[0]: test}, fetch_list=outputs)
found.tofile(os.path.join(out, "ptq_simulated.f32"))
print("ptq, simulated: %d of %d right" % ((found.argmax(1) == answers).sum(), len(answers)))
