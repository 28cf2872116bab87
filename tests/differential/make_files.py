"""Networks in the forms that a file may give them, with ONNX Runtime's outputs, as folders for model_files_test.cpp: weights in
files beside the model, and operators that the file defines itself (model-local functions).

    .venv/bin/python tests/differential/make_files.py OUT

Does nothing when OUT was made by the same packages and sources.
"""
import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import external_data_helper, helper, numpy_helper, parser

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from case_folder import run_generator  # noqa: E402

rng = np.random.default_rng(1)

NESTED = """
<ir_version: 9, opset_import: ["" : 17, "local" : 1]>
net (float[N, 4] x) => (float[N, 4] y, float[N, 4] z) {
    a, e = local.outer <alpha = 0.25> (x, x)
    b, c = local.outer (a, x)
    d = local.pick (b, c)
    z = local.pick (d, e)
    y = Neg (d)
}
<domain: "local", opset_import: ["" : 17, "local" : 1]>
outer <alpha: float = 0.5> (first, second) => (sum, left) {
    t = local.leaky <slope: float = @alpha> (first)
    left = local.leaky (second)
    sum = Add (t, left)
}
<domain: "local", opset_import: ["" : 17]>
leaky <slope: float = 0.125> (v) => (w) {
    t = LeakyRelu <alpha: float = @slope> (v)
    w = Mul (t, t)
}
<domain: "local", opset_import: ["" : 17]>
pick (v, w) => (y) {
    two = Constant <value = float {2}> ()
    y = Max (v, two, w)
}
"""

# The function's nodes are of opset 12, where Softmax and Squeeze mean other things; the graph's of 13. ONNX Runtime reads them
# all as opset 13 and ONNX's evaluator too: old_function_outputs() computes what it means.
OPSETS = """
<ir_version: 8, opset_import: ["" : 13, "local" : 1]>
net (float[2, 3, 4] x) => (float[2, 3, 4] y) {
    a = local.old (x)
    y = Softmax <axis = 1> (a)
}
<domain: "local", opset_import: ["" : 12]>
old (v) => (w) {
    t = Softmax <axis = 1> (v)
    u = Unsqueeze <axes = [0]> (t)
    w = Squeeze <axes = [0]> (u)
}
"""

# Bodies in a function and a call in a body; all of them use the same names.
BODIES = """
<ir_version: 9, opset_import: ["" : 17, "local" : 1]>
net (float[N, 4] x, bool c) => (float[N, 4] y) {
    t = Abs (x)
    a = local.choose (t, c)
    y = If (c) <
        then_branch = inside () => (u) { t2 = local.choose (a, c)  u = Add (t2, t) },
        else_branch = inside () => (u) { u = local.twice (a) }
    >
}
<domain: "local", opset_import: ["" : 17, "local" : 1]>
choose (x, c) => (y) {
    t = local.twice (x)
    y = If (c) <
        then_branch = inside () => (u) { a = Neg (t)  u = Add (a, x) },
        else_branch = inside () => (u) { a = local.twice (t)  u = Identity (a) }
    >
}
<domain: "local", opset_import: ["" : 17]>
twice (t) => (y) {
    a = Add (t, t)
    y = Relu (a)
}
"""


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def layers():
    """A model with weights as initializers, as a Constant's value and in a body."""
    body = helper.make_graph([helper.make_node("MatMul", ["h", "inner"], ["chosen"])], "body", [],
                             [helper.make_tensor_value_info("chosen", 1, None)], [numpy_helper.from_array(normal(24, 24), "inner")])
    nodes = [helper.make_node("MatMul", ["x", "first"], ["a"]),
             helper.make_node("Constant", [], ["second"], value=numpy_helper.from_array(normal(32, 24), "second")),
             helper.make_node("MatMul", ["a", "second"], ["h"]),
             helper.make_node("If", ["yes"], ["y"], then_branch=body, else_branch=copy.deepcopy(body))]
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("x", 1, ["N", 16])], [helper.make_tensor_value_info("y", 1, ["N", 24])],
                              [numpy_helper.from_array(normal(16, 32), "first"), numpy_helper.from_array(np.array(True), "yes")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def tensors(graph):
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            if attribute.HasField("g"):
                yield from tensors(attribute.g)


def with_external_data(model, places):
    """Large tensors go to places[i % len(places)]; onnx.save writes the files."""
    external = copy.deepcopy(model)
    large = [t for t in tensors(external.graph) if len(t.raw_data) > 100]
    for i, tensor in enumerate(large):
        external_data_helper.set_external_data(tensor, places[i % len(places)])
    return external


def outputs(model, inputs):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, inputs)


def old_function_outputs(x):
    """Softmax of opset 12 is over all axes from `axis` on together."""
    def softmax(v, axis):
        e = np.exp(v - v.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)

    return [softmax(softmax(x.reshape(len(x), -1), 1).reshape(x.shape), 1)]


def cases():
    model, x = layers(), {"x": normal(3, 16)}
    expected = outputs(model, x)
    yield "external_one_file", with_external_data(model, ["weights.bin"]), x.values(), expected
    yield "external_several_files", with_external_data(model, ["a.bin", "b.bin"]), x.values(), expected
    for name, text, inputs in (("functions_nested", NESTED, {"x": normal(3, 4)}), ("functions_of_another_opset", OPSETS, {"x": normal(2, 3, 4)}),
                               ("functions_with_bodies", BODIES, {"x": normal(2, 4), "c": np.array(True)}),
                               ("functions_with_other_bodies", BODIES, {"x": normal(2, 4), "c": np.array(False)})):
        model = parser.parse_model(text)
        yield name, model, inputs.values(), old_function_outputs(**inputs) if text is OPSETS else outputs(model, inputs)


if __name__ == "__main__":
    run_generator(cases, onnx, onnxruntime, np)
