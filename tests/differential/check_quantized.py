"""Quantizes a small residual network at many widths and runs each file in ONNX Runtime beside halftone's simulation.

    .venv/bin/python tests/differential/check_quantized.py HALFTONE

For each setting: the file passes ONNX's checker, ONNX Runtime loads it, and its outputs are the simulated ones: to the bit
where it runs with integer kernels (8-bit types throughout), else within one step of the output's grid and equal almost
everywhere, because it sums products of real numbers there, in an order of its own.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from runtime_session import open_session  # noqa: E402

SAMPLES = 32
EXACT, CLOSE = 1.0, 0.98  # least part of the outputs that is equal
GENERIC = ["--target", "generic"]  # has activations of 4 bits, which ONNX Runtime's optimizer does not take
SETTINGS = {  # flags, opset before and after, least part that is equal, steps that the rest may differ
    "w8a8": (["--weights", "int8"], 13, 13, EXACT),
    "w6a8": (["--weights", "int6"], 13, 13, EXACT),
    "w4a8": (["--weights", "int4"], 13, 21, CLOSE),
    "w4a8 of opset 11": (["--weights", "int4"], 11, 21, CLOSE),
    "w8a4": (["--activations", "uint4"], 17, 17, CLOSE),
    "w8a4 signed": (["--activations", "int4"], 11, 13, CLOSE),
    "w6a6": (["--weights", "int6", "--activations", "uint6"], 13, 13, CLOSE),
    "w8a7 signed": (["--activations", "int7"], 13, 13, CLOSE),
    "w4a8 in blocks": (["--weights", "int4", "--block-size", "16"], 13, 21, CLOSE),
    "w8a8 in blocks": (["--block-size", "20"], 17, 21, CLOSE),
    "w8a12": (["--activations", "uint12"], 13, 21, CLOSE),
    "w8a16": (["--activations", "uint16"], 17, 21, 0.5),
    "w8a16 signed": (["--activations", "int16"], 13, 21, 0.5),
    "w16a16": (["--weights", "int16", "--activations", "int16"], 13, 21, 0.5),
    "w4a4": (["--weights", "int4", "--activations", "uint4"], 13, 21, CLOSE),
    "first and last": (["--weights", "int4", "--first-last", "w8a8"], 13, 21, CLOSE),
    "mixed": (["--bits", "conv_1=w4a16", "--bits", "fc=w8a6", "--bits", "conv_2=w3"], 13, 21, CLOSE),
    "w4a4 in 4 bits": (["--weights", "int4", "--activations", "uint4", *GENERIC], 13, 21, CLOSE),
    "w4a4 in 4 bits, signed": (["--weights", "int4", "--activations", "int4", *GENERIC], 13, 21, CLOSE),
    "per tensor": (["--weights", "int4", "--activations", "uint6", "--granularity", "tensor"], 10, 21, CLOSE),
}


def network(opset):
    rng = np.random.default_rng(3)
    constants, nodes = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(op, name, *inputs, **attributes):
        nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def conv(name, x, channels, out, kernel=3, group=1):
        weight = rng.standard_normal((out, channels // group, kernel, kernel)) / np.sqrt(channels // group * kernel * kernel)
        return node("Conv", name, x, constant(name + "_w", weight.astype(np.float32)),
                    constant(name + "_b", (0.3 * rng.standard_normal(out)).astype(np.float32)), kernel_shape=[kernel] * 2,
                    pads=[kernel // 2] * 4, group=group)

    def clip(name, x):
        if opset < 11:
            return node("Clip", name, x, min=0.0, max=6.0)
        return node("Clip", name, x, constant(name + "_low", np.float32(0)), constant(name + "_high", np.float32(6)))

    stem = node("Relu", "relu_0", conv("conv_0", "input", 3, 16))
    branch = clip("clip_1", conv("conv_1", stem, 16, 16, group=16))
    total = node("Relu", "relu_2", node("Add", "add_2", conv("conv_2", branch, 16, 16, kernel=1), stem))
    pooled = node("MaxPool", "pool_3", total, kernel_shape=[2, 2], strides=[2, 2])
    last = node("Relu", "relu_4", conv("conv_4", pooled, 16, 24))
    joined = node("Concat", "concat", last, pooled, axis=1)
    smaller = node("AveragePool", "average", joined, kernel_shape=[2, 2], strides=[2, 2])
    vector = node("Flatten", "flatten", node("GlobalAveragePool", "mean", smaller))
    hidden = node("Relu", "relu_5", node("MatMul", "dense", vector, constant("dense_w", (rng.standard_normal((40, 24)) / 5).astype(np.float32))))
    node("Gemm", "fc", hidden, constant("fc_w", (rng.standard_normal((10, 24)) / 5).astype(np.float32)),
         constant("fc_b", (0.3 * rng.standard_normal(10)).astype(np.float32)), transB=1)
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "network", [info("input", ["N", 3, 12, 12])], [info("fc", ["N", 10])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6 if opset < 13 else 8)


def runtime_outputs(path, x, optimized):
    return open_session(path, optimized).run(None, {"input": x})[0]


def check(halftone, folder, name):
    flags, opset, opset_after, least_equal = SETTINGS[name]
    onnx.save(network(opset), folder / "net.onnx")
    run = lambda *arguments: subprocess.run([halftone, *map(str, arguments), "--threads", "1"], cwd=folder, check=True, capture_output=True)
    run("quantize", "net.onnx", "--data", "x.npy", "-o", "q.onnx", "--json", "q.json", *flags)
    run("run", "q.onnx", "--data", "x.npy", "-o", "outputs")
    model = onnx.load(folder / "q.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == opset_after, model.opset_import[0].version
    report = json.loads((folder / "q.json").read_text())
    said = any(str(opset_after) in warning and str(opset) in warning for warning in report["warnings"])
    assert said == (opset_after != opset), report["warnings"]
    simulated = np.concatenate([np.load(file)["fc"].reshape(1, -1) for file in sorted((folder / "outputs").glob("*.npz"))])
    step = next(value["scale"] for value in report["values"] if value["name"] == "fc")
    steps = np.abs(runtime_outputs(folder / "q.onnx", np.load(folder / "x.npy"), optimized="generic" not in flags) - simulated) / step
    equal = float((steps < 0.5).mean())
    bits = sorted({(value["grid"].split(" ")[0]) for value in report["values"]})
    print(f"{name:<24} {100 * equal:6.2f} % equal, {steps.max():.0f} steps at most, KL {report['figures']['kl']:.2e}, "
          f"SQNR {report['figures']['sqnr_db']:.1f} dB, {', '.join(bits)}")
    return equal >= least_equal and (steps.max() < 0.5 if least_equal == EXACT else steps.max() < 3.5)


def main(halftone):
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        np.save(folder / "x.npy", np.random.default_rng(5).standard_normal((SAMPLES, 3, 12, 12)).astype(np.float32))
        for name in SETTINGS:
            if not check(halftone, folder, name):
                failed.append(name)
    if failed:
        sys.exit("differs from ONNX Runtime: " + ", ".join(failed))


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()))
