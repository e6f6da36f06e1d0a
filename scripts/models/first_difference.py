"""Where cayuco's int8 values first differ from Paddle's: first_difference.py CAYUCO OUT/FORM

For a form of forms.py with fake_quantize_moving_average_abs_max or _range_abs_max ops, that
scripts/forms has run. The program is cut before each of these ops; Paddle and cayuco compute what it
would quantize. For each image whose probabilities differ by more than 1e-4, the first op whose integers
differ is printed, with both real values in steps and how far they are from an edge between two steps.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import paddle

from golden import CPU

TOLERANCE, CLASSES = 1e-4, 10
NAMES = {"model_filename": "inference.pdmodel", "params_filename": "inference.pdiparams"}


def rounded(values, threshold):
    """What calib makes of them, in floats as it does."""
    inverse = np.float32(1) / (np.float32(threshold) / np.float32(127))
    y = values * inverse
    return np.clip(np.trunc(y + np.copysign(np.float32(0.5), y)), -127, 127)


class Cut:
    """The op that quantizes, what comes in by Paddle and by cayuco, and the integers."""

    def __init__(self, op):
        self.x, self.q = op.block.var(op.input("X")[0]), op.block.var(op.output("Out")[0])
        scale = paddle.static.global_scope().find_var(op.input("InScale")[0])
        self.threshold = float(np.array(scale.get_tensor()).ravel()[0])

    def fill(self, program, feed, exe, cayuco, images):
        self.paddle, self.integers = exe.run(
            program, feed={feed: images}, fetch_list=[self.x, self.q]
        )
        with tempfile.TemporaryDirectory() as work:
            image, out = os.path.join(work, "images.f32"), os.path.join(work, "out.f32")
            model = os.path.join(work, "model")
            images.tofile(image)
            feeds = [program.global_block().var(feed)]
            path = os.path.join(model, "inference")
            paddle.static.save_inference_model(path, feeds, [self.x], exe, program=program)
            shape = "x".join(map(str, images.shape))
            command = [cayuco, "run", model, "-i", "%s:%s" % (image, shape), "-o", out]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.ours = np.fromfile(out, "float32").reshape(self.paddle.shape)

    def differences(self, i):
        """Paddle's and our value in steps and their integers, where these differ."""
        ours = rounded(self.ours[i], self.threshold)
        for at in map(tuple, np.argwhere(ours != self.integers[i])):
            steps = [float(v[i][at]) * 127 / self.threshold for v in (self.paddle, self.ours)]
            yield steps, [int(self.integers[i][at]), int(ours[at])]


def from_edge(steps):
    return abs(abs(steps) % 1 - 0.5)


def main():
    cayuco, form = sys.argv[1:]
    paddle.enable_static()
    exe = paddle.static.Executor(CPU)
    model = os.path.join(form, "model")
    program, feeds, _ = paddle.static.load_inference_model(model, exe, **NAMES)
    theirs, ours = (
        np.fromfile(os.path.join(form, name), "float32").reshape(-1, CLASSES)
        for name in ("simulated.f32", "ours.f32")
    )
    images = np.fromfile(os.path.join(form, "../images.f32"), "float32").reshape(
        len(ours), *program.global_block().var(feeds[0]).shape[1:]
    )
    picked = np.flatnonzero(np.abs(theirs - ours).max(1) > TOLERANCE)
    print("%d of %d images differ by more than %g" % (len(picked), len(images), TOLERANCE))
    if not len(picked):
        return
    ops = [op for op in program.global_block().ops if op.type.startswith("fake_quantize_")]
    cuts = [Cut(op) for op in ops if op.input("X")[0] != feeds[0]]
    for cut in cuts:
        cut.fill(program, feeds[0], exe, cayuco, images[picked])
    for i, image in enumerate(picked):
        for cut in cuts:
            found = list(cut.differences(i))
            if found:
                total = cut.paddle[i].size
                print("image %d, %s: %d of %d values" % (image, cut.x.name, len(found), total))
                for steps, integers in found[:4]:
                    print(
                        "  Paddle %.7f -> %d, cayuco %.7f -> %d; from the edge %.1e, %.1e"
                        % (steps[0], integers[0], steps[1], integers[1], *map(from_edge, steps))
                    )
                break


if __name__ == "__main__":
    main()
