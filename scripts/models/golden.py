"""Makes a golden: a small program, its model directory, and what Paddle computes for it.

    @golden                      # the function's name becomes tests/data/NAME
    def softmax(g):
        x = g.input("x", [2, 5, 3])
        g.output(layers.softmax(x, axis=1))

Works under Paddle 1.8.5 (fluid) and under 2.6.2 (paddle.static).
"""

import argparse
import math
import os
import shutil
import zlib

import numpy as np
import paddle

OLD = paddle.__version__.startswith("1.")
if OLD:
    import paddle.fluid as static
    from paddle.fluid.proto import framework_pb2
    from paddle.fluid import unique_name
else:
    import paddle.static as static
    from paddle.base.proto import framework_pb2
    from paddle.utils import unique_name

    paddle.enable_static()
CPU = static.CPUPlace() if OLD else paddle.CPUPlace()
Scope = static.Scope if OLD else paddle.base.core.Scope

GOLDENS = {}
COMBINED = ("__model__", "__params__") if OLD else ("inference.pdmodel", "inference.pdiparams")
SEPARATE = ("__model__", None)
QUANTIZE = {  # of activations, with the input that holds the threshold
    "fake_quantize_moving_average_abs_max": "InScale",
    "fake_quantize_range_abs_max": "InScale",
    "fake_quantize_dequantize_moving_average_abs_max": "InScale",
    "quantize_linear": "Scale",
}
TYPES = {"float32": ("FP32", "f32"), "int32": ("INT32", "i32"), "int64": ("INT64", "i64")}


def golden(function):
    GOLDENS[function.__name__] = function
    return function


def main():
    """What each file of goldens ends with: makes those named on the command line, or all."""
    arg = argparse.ArgumentParser()
    arg.add_argument("--out", required=True)
    arg.add_argument("names", nargs="*")
    a = arg.parse_args()
    for name in a.names or sorted(GOLDENS):
        shutil.rmtree(os.path.join(a.out, name), ignore_errors=True)
        g = Golden(name, os.path.join(a.out, name))
        with g.building():
            GOLDENS[name](g)
            if not os.path.exists(g.dir):  # it has not seen to that itself
                g.save()
        print(
            name,
            sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(g.dir) for f in fs),
        )


class Golden:
    def __init__(self, name, out):
        self.name, self.dir = name, out
        self.model = os.path.join(out, "model")
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.files = COMBINED
        self.inputs, self.outputs, self.cases = {}, [], []
        self.scope = Scope()
        self.program, self.startup = static.Program(), static.Program()
        self.exe = static.Executor(CPU)

    def building(self):
        return _Guards(
            unique_name.guard(),
            static.scope_guard(self.scope),
            static.program_guard(self.program, self.startup),
        )

    def input(self, name, shape, declared=None, dtype="float32", low=-1.0, high=1.0):
        """An input that is fed `shape`; the program itself declares a free batch, or `declared`."""
        self.inputs[name] = (shape, dtype, low, high)
        return static.data(name, declared or [None] + list(shape[1:]), dtype)

    def output(self, var):
        self.outputs.append(var)
        return var

    def case(self, name, **shapes):
        """A further run with other input shapes; the first run is then the case "first"."""
        self.cases.append((name, shapes))

    def randomize(self, program=None):
        """Gives parameters values no initializer would: statistics, negative scales, biases."""
        self.exe.run(self.startup, scope=self.scope)
        block, r, seen = (program or self.program).global_block(), self.random, set()
        for op in block.ops:
            for slot in op.input_names:
                for name in op.input(slot):
                    var = block.vars.get(name)
                    if var is None or not var.persistable or name in seen:
                        continue
                    seen.add(name)
                    self.set(
                        name, _random_parameter(r, op, slot, list(var.shape)).astype("float32")
                    )

    def set(self, name, value):
        self.scope.find_var(name).get_tensor().set(value, CPU)

    def get(self, name):
        return np.array(self.scope.find_var(name).get_tensor())

    def save(self):
        """A float program: random weights, saved, and run as saved."""
        self.randomize()
        self.export(self.program.clone(for_test=True), self.model)
        self.record(self.model)

    def export(self, program, model, stripped=True):
        shutil.rmtree(model, ignore_errors=True)
        os.makedirs(model)
        block = program.global_block()
        if OLD and not any(is_weight(v) for v in block.vars.values()):
            self.files = SEPARATE  # Paddle 1.8 saves an empty __params__ and cannot load it
        # PaddleSlim leaves the sum of integer products under the old name
        fetches = [
            block.var(v.name + ".dequantized" if block.has_var(v.name + ".dequantized") else v.name)
            for v in self.outputs
        ]
        if OLD:
            static.io.save_inference_model(
                model, list(self.inputs), fetches, self.exe, program, *self.files
            )
        else:
            feeds = [block.var(n) for n in self.inputs]
            prefix = os.path.join(model, "inference")
            static.save_inference_model(prefix, feeds, fetches, self.exe, program=program)
        if stripped:
            strip(os.path.join(model, self.files[0]))

    def load(self, model):
        if OLD:
            return static.io.load_inference_model(model, self.exe, *self.files)
        return static.load_inference_model(os.path.join(model, "inference"), self.exe)

    def record(self, model, steps=0):
        """Runs the directory `model` as saved; writes golden.txt and its tensors.

        The tolerance allows for sums in another order, or for so many int8 steps of the largest
        output.
        """
        with static.scope_guard(Scope()):
            program, feeds, fetches = self.load(model)
            lines, largest, n = [], 0, 0
            for case, shapes in [("first", {})] + self.cases:
                if self.cases:
                    lines.append("case " + case)
                self.fed = feed = {}
                for name in feeds:
                    feed[name] = self.sample(name, shapes.get(name))
                    lines.append(self.write("input", len(feed) - 1, case, name, feed[name]))
                results = self.exe.run(program, feed=feed, fetch_list=fetches)
                for i, (var, result) in enumerate(zip(fetches, results)):
                    result = np.asarray(result)
                    largest = max(largest, float(np.abs(result).max()))
                    assert np.isfinite(result).all() and np.ptp(result) > 0, var.name
                    lines.append(self.write("output", i, case, var.name, result))
        head = [
            "by Paddle " + paddle.__version__,
            "tolerance %s" % round_up(max(1e-6, 1e-5 * largest, steps / 127 * largest)),
        ]
        with open(os.path.join(self.dir, "golden.txt"), "w") as f:
            f.write("\n".join(head + lines) + "\n")

    def check_edges(self):
        """Fails if an activation is within 5e-5 of the middle between two int8 steps.

        Then change the net a little."""
        with static.scope_guard(Scope()):
            program = self.load(self.model)[0]
            block = program.global_block()
            for i in reversed(range(len(block.ops))):
                if block.ops[i].type in ("feed", "fetch"):
                    block._remove_op(i)
            block._remove_var("feed")
            block._remove_var("fetch")
            for op in [op for op in block.ops if op.type in QUANTIZE]:
                names = [op.input("X")[0], op.input(QUANTIZE[op.type])[0]]
                x, threshold = self.exe.run(program, feed=self.fed, fetch_list=names)
                steps = np.abs(np.clip(x / threshold, -1, 1) * 127)
                edge = np.abs(steps - np.floor(steps) - 0.5).min()
                assert edge > 5e-5, (names[0], edge)

    def sample(self, name, shape):
        first, dtype, low, high = self.inputs[name]
        if dtype == "float32":
            return self.random.uniform(low, high, shape or first).astype(dtype)
        return self.random.randint(int(low), int(high), shape or first).astype(dtype)

    def write(self, kind, i, case, name, value):
        dtype, suffix = TYPES[str(value.dtype)]
        file = "%s%s%d.%s" % ("" if case == "first" else case + "_", kind, i, suffix)
        value.tofile(os.path.join(self.dir, file))
        return "%s %s %s %s %s" % (kind, name, dtype, "x".join(map(str, value.shape)), file)


def is_weight(var):
    return var.persistable and var.type == framework_pb2.VarType.LOD_TENSOR


def _random_parameter(r, op, slot, shape):
    if op.type == "batch_norm":
        return {
            "Scale": r.uniform(0.5, 2.5, shape) * r.choice([1, 1, 1, -1], shape),
            "Variance": r.uniform(0.5, 2, shape),
        }.get(slot, r.normal(0, 0.3, shape))
    if op.type == "elementwise_div":
        return r.uniform(0.5, 2, shape)
    if len(shape) < 2:
        return r.normal(0, 0.3, shape)
    fan_in = np.prod(shape[1:]) if "conv" in op.type else shape[-2]
    return r.normal(0, math.sqrt(1.5 / fan_in), shape)


def strip(path):
    """Drops what is of no use to a reader, or names the files of the machine that exported."""
    program = framework_pb2.ProgramDesc()
    with open(path, "rb") as f:
        program.ParseFromString(f.read())
    for block in program.blocks:
        for op in block.ops:
            kept = [
                a
                for a in op.attrs
                if a.name not in ("op_callstack", "op_role", "op_role_var", "op_namescope")
            ]
            del op.attrs[:]
            op.attrs.extend(kept)
    with open(path, "wb") as f:
        f.write(program.SerializeToString())


def round_up(x):
    """To one significant digit."""
    step = 10.0 ** math.floor(math.log10(x))
    return "%.0e" % (math.ceil(x / step - 1e-9) * step)


class _Guards:
    def __init__(self, *guards):
        self.guards = guards

    def __enter__(self):
        for guard in self.guards:
            guard.__enter__()

    def __exit__(self, *error):
        for guard in reversed(self.guards):
            guard.__exit__(*error)
