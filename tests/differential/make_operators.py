"""Single operators, and sequences, with ONNX Runtime's outputs, in the corners that ONNX's node tests leave out, as folders for
operators_test.cpp.

    .venv/bin/python tests/differential/make_operators.py OUT

Fixed seeds; all shapes are symbolic, but those that are split into sequences. Does nothing when OUT was made by the same packages and sources.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from case_folder import run_generator  # noqa: E402

RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def scalar(value, type_=np.int64):
    return np.array(value, type_)


def einsum():
    for i, (equation, *shapes) in enumerate([
        ("...ij,...jk->...ik", (2, 1, 3, 4), (1, 5, 4, 2)),
        ("i...,j...->ij...", (2, 3, 4), (5, 3, 4)),
        ("ba,cb", (2, 3), (4, 2)),
        ("ijk,jil->lk", (2, 3, 4), (3, 2, 5)),
        ("ii->i", (4, 4)),
        ("bhwc,hkc->bhwk", (2, 3, 4, 5), (3, 6, 5)),
        ("i,j,k->kji", (2,), (3,), (4,)),
        ("ij,jk->ik", (0, 3), (3, 2)),
        ("ij,jk->ik", (2, 0), (0, 3)),
        ("Aa,aA->", (2, 3), (3, 2)),
    ]):
        yield f"einsum_{i}", "Einsum", 12, [normal(*s) for s in shapes], dict(equation=equation), 1
    yield "einsum_int64", "Einsum", 12, [RNG.integers(-9, 9, (3, 4)), RNG.integers(-9, 9, (4, 2))], dict(equation="ij,jk->ik"), 1


def grid_sample():
    far = np.concatenate([RNG.uniform(-1.6, 1.6, (2, 4, 5, 2)), [[[[7, -9]] * 5] * 1] * 2], axis=1).astype(np.float32)
    volume = RNG.uniform(-1.3, 1.3, (2, 2, 3, 4, 3)).astype(np.float32)
    for padding in ("zeros", "border", "reflection"):
        for corners in (0, 1):
            more = dict(padding_mode=padding, align_corners=corners)
            for mode in ("nearest", "linear", "cubic"):
                yield f"grid_sample_{mode}_{padding}_{corners}", "GridSample", 20, [normal(2, 3, 5, 4), far], dict(mode=mode, **more), 1
            yield f"grid_sample_volume_{padding}_{corners}", "GridSample", 20, [normal(2, 2, 3, 5, 4), volume], dict(mode="linear", **more), 1
    yield "grid_sample_bilinear_16", "GridSample", 16, [normal(1, 2, 3, 3), far[:1]], dict(mode="bilinear"), 1
    yield "grid_sample_empty", "GridSample", 20, [normal(0, 2, 3, 3), normal(0, 2, 2, 2)], {}, 1


def non_max_suppression():
    corners = RNG.uniform(0, 10, (2, 30, 4)).astype(np.float32)
    scores = RNG.uniform(0, 1, (2, 3, 30)).round(1).astype(np.float32)
    for i, (most, iou, score, center) in enumerate([(5, 0.3, 0.4, 0), (100, 0.0, 0.0, 0), (3, 1.0, 0.95, 0), (10, 0.5, 0.2, 1), (0, 0.5, 0.2, 0)]):
        inputs = [corners, scores, ints(most), np.array([iou], np.float32), np.array([score], np.float32)]
        yield f"non_max_suppression_{i}", "NonMaxSuppression", 11, inputs, dict(center_point_box=center), 1
    yield "non_max_suppression_default", "NonMaxSuppression", 11, [corners, scores], {}, 1
    yield "non_max_suppression_no_boxes", "NonMaxSuppression", 11, [corners[:, :0], scores[:, :, :0], ints(5)], {}, 1


def scan():
    def info(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)

    body = helper.make_graph(
        [helper.make_node("Add", ["sum", "a"], ["next"]), helper.make_node("Mul", ["next", "b"], ["product"]), helper.make_node("Identity", ["a"], ["copy"])],
        "body", [info("sum"), info("a"), info("b")], [info("next"), info("product"), info("copy")])
    inputs = [normal(3), normal(4, 3), normal(3, 4)]
    yield "scan_axes", "Scan", 11, inputs, dict(body=body, num_scan_inputs=2, scan_input_axes=[0, -1], scan_output_axes=[1, -1]), 3
    yield "scan_directions", "Scan", 16, inputs, dict(body=body, num_scan_inputs=2, scan_input_axes=[0, 1], scan_input_directions=[1, 0], scan_output_directions=[0, 1]), 3
    batch = ["", normal(2, 3), normal(2, 4, 3), normal(2, 4, 3)]
    yield "scan_opset_8", "Scan", 8, batch, dict(body=body, num_scan_inputs=2, directions=[0, 1]), 3


def attention():
    q, k, v = normal(2, 4, 3, 8), normal(2, 2, 5, 8), normal(2, 2, 5, 6)
    past = [normal(2, 2, 4, 8), normal(2, 2, 4, 6)]
    yield "attention_groups", "Attention", 23, [q, k, v], {}, 1
    yield "attention_softcap", "Attention", 23, [q, k, v], dict(softcap=0.5, scale=0.7), 1
    yield "attention_past", "Attention", 23, [q, k, v, normal(3, 9), *past], {}, 3
    yield "attention_mask_of_heads", "Attention", 23, [q, k, v, RNG.uniform(0, 1, (4, 3, 5)) > 0.3], {}, 1
    for mode in range(4):
        yield f"attention_scores_{mode}", "Attention", 23, [q, k, v, normal(2, 1, 3, 5)], dict(qk_matmul_output_mode=mode), 4
    yield "attention_packed", "Attention", 23, [normal(2, 3, 32), normal(2, 5, 16), normal(2, 5, 12)], dict(q_num_heads=4, kv_num_heads=2, is_causal=0), 1
    yield "rotary_embedding", "RotaryEmbedding", 23, [normal(2, 3, 24), normal(9, 2), normal(9, 2), RNG.integers(0, 9, (2, 3))], dict(num_heads=3, rotary_embedding_dim=4), 1


def fourier():
    real, spectrum = normal(2, 7, 6, 1), normal(2, 5, 4, 2)
    yield "dft_longer", "DFT", 20, [real, scalar(9), scalar(1)], {}, 1
    yield "dft_shorter", "DFT", 20, [real, scalar(4), scalar(-3)], dict(onesided=1), 1
    yield "dft_complex_axis_0", "DFT", 20, [spectrum, "", scalar(0)], dict(inverse=1), 1
    yield "dft_17", "DFT", 17, [real, scalar(5)], dict(axis=2), 1
    yield "stft_two_sided", "STFT", 17, [normal(2, 40, 1), scalar(7), normal(10)], dict(onesided=0), 1
    yield "stft_one_sided", "STFT", 17, [normal(2, 40, 1), scalar(3), normal(9), scalar(9)], {}, 1


def regions():
    x = normal(2, 3, 8, 9)
    boxes = np.array([[0, 0, 7, 7], [2.3, -3, 11, 5.5], [4, 4, 4, 4], [6, 6, 3, 2], [-20, -20, -15, -15]], np.float32)
    for mode in ("avg", "max"):
        for transformation in ("half_pixel", "output_half_pixel"):
            for ratio in (0, 3):
                more = dict(mode=mode, coordinate_transformation_mode=transformation, sampling_ratio=ratio, output_height=2, output_width=3, spatial_scale=0.9)
                yield f"roi_align_{mode}_{transformation}_{ratio}", "RoiAlign", 16, [x, boxes[:3], ints(0, 1, 1)], more, 1
    yield "roi_align_outside", "RoiAlign", 16, [x, boxes[3:], ints(0, 1)], dict(output_height=2, output_width=2, sampling_ratio=2, coordinate_transformation_mode="output_half_pixel"), 1
    yield "roi_align_10", "RoiAlign", 10, [x, boxes[:2], ints(1, 0)], dict(output_height=3, output_width=2, sampling_ratio=2), 1
    rois = np.concatenate([[[0], [1], [1], [0], [1]], boxes], axis=1).astype(np.float32)
    yield "max_roi_pool", "MaxRoiPool", 13, [x, rois], dict(pooled_shape=[2, 3], spatial_scale=0.8), 1


def others():
    yield "unique_rows", "Unique", 11, [RNG.integers(0, 2, (6, 2))], dict(axis=0, sorted=0), 4
    yield "unique_columns", "Unique", 11, [RNG.integers(0, 2, (2, 6)).astype(np.float32)], dict(axis=-1), 4
    yield "unique_empty", "Unique", 11, [np.zeros(0, np.float32)], {}, 4
    yield "center_crop_pad", "CenterCropPad", 18, [normal(5, 4, 3), ints(2, 7)], dict(axes=[0, -1]), 1
    yield "col2im_all", "Col2Im", 18, [normal(2, 12, 6), ints(5, 6), ints(2, 3)], dict(strides=[2, 2], pads=[1, 0, 0, 1], dilations=[2, 1]), 1
    for corners in (0, 1):
        yield f"affine_grid_{corners}", "AffineGrid", 20, [normal(2, 2, 3), ints(2, 5, 3, 4)], dict(align_corners=corners), 1
    yield "deform_conv", "DeformConv", 19, [normal(2, 4, 6, 7), normal(4, 2, 3, 2), normal(2, 24, 3, 6), normal(4), normal(2, 12, 3, 6)], dict(group=2, offset_group=2, strides=[2, 1], pads=[1, 0, 0, 1], dilations=[1, 2]), 1
    yield "det", "Det", 11, [normal(2, 3, 5, 5)], {}, 1
    yield "hann_window", "HannWindow", 17, [scalar(9)], dict(periodic=0), 1
    yield "blackman_window", "BlackmanWindow", 17, [scalar(8)], {}, 1
    yield "mel_weight_matrix", "MelWeightMatrix", 17, [scalar(20), scalar(64), scalar(16000), scalar(60, np.float32), scalar(7500, np.float32)], {}, 1
    yield "loss_ignored", "SoftmaxCrossEntropyLoss", 13, [normal(3, 5, 2), np.array([[0, 4], [-1, 2], [3, -1]]), normal(5) ** 2], dict(ignore_index=-1), 2
    yield "loss_sum", "NegativeLogLikelihoodLoss", 13, [normal(3, 5), np.array([0, 4, 2], np.int32)], dict(reduction="sum"), 1


def trees():
    """Two trees of three and one of two levels; leaves vote for `results` of a kind ("class" or "target")."""
    def lists(kind, results, negative=False):
        shape = [(0, i, m, f, v, t, n) for i, m, f, v, t, n in [(0, "BRANCH_LEQ", 0, 0.1, 1, 2), (1, "BRANCH_GT", 1, -0.3, 3, 4)] + [(i, "LEAF", 0, 0, 0, 0) for i in (2, 3, 4)]]
        shape += [(1, i, m, f, v, t, n) for i, m, f, v, t, n in [(0, "BRANCH_LT", 2, 0.5, 2, 1), (1, "LEAF", 0, 0, 0, 0), (2, "LEAF", 0, 0, 0, 0)]]
        names = ("nodes_treeids", "nodes_nodeids", "nodes_modes", "nodes_featureids", "nodes_values", "nodes_truenodeids", "nodes_falsenodeids")
        made = {name: [type_(row[i]) for row in shape] for i, (name, type_) in enumerate(zip(names, (int, int, str, int, float, int, int)))}
        leaves = [(t, i) for t, i, mode, *_ in shape if mode == "LEAF"]
        votes = [(t, i, r) for t, i in leaves for r in range(results)]
        made |= {f"{kind}_treeids": [v[0] for v in votes], f"{kind}_nodeids": [v[1] for v in votes], f"{kind}_ids": [v[2] for v in votes]}
        return made | {f"{kind}_weights": [float(w) for w in RNG.uniform(-0.5 if negative else 0, 0.5, len(votes))]}
    x = normal(12, 3)
    for i, (transform, results, negative) in enumerate([("NONE", 3, True), ("SOFTMAX", 3, True), ("LOGISTIC", 3, True), ("NONE", 1, False), ("NONE", 1, True), ("LOGISTIC", 1, True)]):
        labels = [4, 2, 9] if results == 3 else [7, 5]
        yield f"tree_classifier_{i}", "ai.onnx.ml.TreeEnsembleClassifier", 3, [x], dict(post_transform=transform, classlabels_int64s=labels, **lists("class", results, negative)), 2
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        yield f"tree_regressor_{aggregate}", "ai.onnx.ml.TreeEnsembleRegressor", 3, [x], dict(aggregate_function=aggregate, n_targets=2, base_values=[0.25, -1.0], **lists("target", 2, True)), 1


def codes(*shape, type_=np.uint8):
    return RNG.integers(np.iinfo(type_).min, np.iinfo(type_).max + 1, shape).astype(type_)


def quantized():
    """Operators on codes; those of com.microsoft with static grids are real ones between Q/DQ nodes for us."""
    real, byte = lambda v: scalar(v, np.float32), lambda v: scalar(v, np.uint8)
    a, b = [codes(2, 3, 5, 4), real(0.02), byte(120)], [codes(2, 3, 5, 4), real(0.013), byte(3)]
    out = [real(0.031), byte(99)]
    yield "qlinear_add", "com.microsoft.QLinearAdd", 1, [*a, *b, *out], {}, 1
    yield "qlinear_mul", "com.microsoft.QLinearMul", 1, [*a, *b, *out], {}, 1
    yield "qlinear_sigmoid", "com.microsoft.QLinearSigmoid", 1, [*a, real(1 / 255), byte(0)], {}, 1
    yield "qlinear_leaky_relu", "com.microsoft.QLinearLeakyRelu", 1, [*a, *out], dict(alpha=0.1), 1
    yield "qlinear_average_pool", "com.microsoft.QLinearAveragePool", 1, [*a, *out], dict(kernel_shape=[3, 2], pads=[1, 0, 1, 0]), 1
    yield "qlinear_global_average_pool", "com.microsoft.QLinearGlobalAveragePool", 1, [*a, *out], {}, 1
    yield "qlinear_concat", "com.microsoft.QLinearConcat", 1, [*out, *a, *b], dict(axis=1), 1
    weight, scales = codes(6, 4, type_=np.int8), RNG.uniform(0.01, 0.02, 4).astype(np.float32)
    bias = RNG.integers(-4000, 4000, 4).astype(np.int32)
    yield "qgemm", "com.microsoft.QGemm", 1, [codes(5, 6), real(0.02), byte(120), weight, scales, np.zeros(4, np.int8), bias, *out], {}, 1
    yield "qgemm_transposed", "com.microsoft.QGemm", 1, [codes(5, 6), real(0.02), byte(120), weight.T.copy(), scales, np.zeros(4, np.int8), bias, *out], dict(transB=1), 1
    yield "conv_integer_1d", "ConvInteger", 10, [codes(2, 4, 9), codes(6, 2, 3), byte(7), byte(130)], dict(group=2, strides=[2], pads=[1, 2], dilations=[2]), 1
    yield "matmul_integer_columns", "MatMulInteger", 10, [codes(2, 5, 6), codes(6, 4, type_=np.int8), byte(120), codes(4, type_=np.int8)], {}, 1
    for direction, count in (("forward", 1), ("bidirectional", 2)):
        weights = [codes(count, 3, 20, type_=np.int8), codes(count, 5, 20, type_=np.int8)]
        grids = [np.full(count, 0.011, np.float32), np.zeros(count, np.int8), np.full(count, 0.009, np.float32), np.zeros(count, np.int8)]
        yield f"dynamic_lstm_{direction}", "com.microsoft.DynamicQuantizeLSTM", 1, [normal(4, 1, 3), *weights, normal(count, 40), "", "", "", "", *grids], dict(hidden_size=5, direction=direction), 3


def sequences():
    node, constant = helper.make_node, lambda n, v: helper.make_node("Constant", [], [n], value=onnx.numpy_helper.from_array(np.array(v, np.int64)))
    first = [constant("c0", 0), constant("c1", -1), constant("lengths", [2, 1, 3])]
    yield "sequence_split", [
        *first, node("SplitToSequence", ["x0", "lengths"], ["s"], axis=1), node("SequenceAt", ["s", "c1"], ["y0"]), node("SequenceLength", ["s"], ["y1"]),
        node("SequenceErase", ["s", "c0"], ["t"]), node("SequenceInsert", ["t", "x1"], ["u"]), node("ConcatFromSequence", ["u"], ["y2"], axis=-1),
    ], 13, [normal(2, 6), normal(2, 1)], {}, 3
    yield "sequence_unbind", [
        *first, node("Relu", ["x0"], ["r"]), node("SplitToSequence", ["r"], ["s"], axis=-1, keepdims=0), node("SequenceAt", ["s", "c0"], ["y0"]),
        node("SequenceAt", ["s", "c1"], ["a"]), node("SequenceConstruct", ["a", "y0", "a"], ["t"]), node("ConcatFromSequence", ["t"], ["y1"], axis=0, new_axis=1),
    ], 12, [normal(2, 3)], {}, 2
    yield "sequence_chunks", [
        constant("two", 2), constant("c0", 0), node("SequenceEmpty", [], ["e"]), node("SplitToSequence", ["x0", "two"], ["s"]), node("SequenceAt", ["s", "two"], ["y0"]),
        node("SequenceInsert", ["e", "x0"], ["f"]), node("SequenceInsert", ["f", "y0", "c0"], ["g"]), node("ConcatFromSequence", ["g"], ["y1"], axis=0),
    ], 18, [normal(5, 3)], {}, 2


def cases():
    for family in (einsum, grid_sample, non_max_suppression, scan, attention, fourier, regions, sequences, others, trees, quantized):
        for name, type_, opset, inputs, attributes, outputs in family():
            names = ["" if isinstance(x, str) else f"x{i}" for i, x in enumerate(inputs)]
            arrays = [x for x in inputs if not isinstance(x, str)]
            made = [f"y{i}" for i in range(outputs)]
            if name.startswith("attention_scores"):
                made[1:3] = ["", ""]
            domain, type_ = type_.rsplit(".", 1) if family is not sequences and "." in type_ else ("", type_)
            nodes = type_ if family is sequences else [helper.make_node(type_, names, made, name=name, domain=domain, **attributes)]
            shown = [y for y in made if y]
            symbolic = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape if family is sequences else [None] * x.ndim) for n, x in zip(filter(None, names), arrays)]
            graph = helper.make_graph(nodes, name, symbolic, [onnx.ValueInfoProto(name=y) for y in shown])
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in {"": 13, domain: opset}.items()], ir_version=8)
            model = onnx.shape_inference.infer_shapes(model)
            feeds = dict(zip(filter(None, names), arrays))
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3  # it warns of shapes that onnx infers too strictly
            session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            yield name, model, arrays, session.run(shown, feeds)


if __name__ == "__main__":
    run_generator(cases, onnx, onnxruntime, np)
