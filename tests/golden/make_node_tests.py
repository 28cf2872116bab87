"""ONNX's own node tests of our operators, as folders for golden_test.cpp.

    .venv/bin/python tests/golden/make_node_tests.py OUT [TYPE...]
    .venv/bin/python tests/golden/make_node_tests.py --missing

A case is taken when its nodes are all of listed types and all its inputs and outputs are plain tensors. Takes
about 7 s; does nothing when OUT was made by the same onnx, types and sources. --missing prints how many cases with
plain tensors there are, and how many need operators that are not listed, by operator.
"""
import sys
import warnings
from collections import Counter
from pathlib import Path

import onnx
from onnx.backend.test.case.node import collect_testcases

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from case_folder import made_from, write_cases  # noqa: E402

TYPES = """
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin ArrayFeatureExtractor Asin Asinh Atan Atanh Attention AveragePool
    BatchNormalization Binarizer BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast
    CastLike CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat Constant ConstantOfShape Conv ConvInteger
    ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout
    DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten FlexAttention Floor GRU Gather GatherElements
    GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
    GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If InstanceNormalization IsInf
    IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax Loop LpNormalization
    LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Neg
    NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot OptionalGetElement OptionalHasElement Or PRelu Pad
    Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
    ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign
    RotaryEmbedding Round STFT Scaler Scan Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh
    Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum SwiGLU Swish
    Tan Tanh TensorScatter ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
""".split()


def has_plain_tensors(case):
    return all(info.type.HasField("tensor_type") for info in [*case.model.graph.input, *case.model.graph.output])


def cases():
    """Those that are no models of functions."""
    return (case for case in collect_testcases(None) if not case.model.functions)


def missing_types(case, types):
    return {node.op_type for node in case.model.graph.node} - set(types)


def cases_of(types):
    left_out = []
    for case in cases():
        if missing_types(case, types):
            continue
        if not has_plain_tensors(case):
            left_out.append(case.name)
            continue
        (inputs, outputs), = case.data_sets
        yield case.name, case.model, inputs, outputs
    print(f"left out: {len(left_out)} cases with inputs or outputs that are no plain tensors: {', '.join(left_out)}")


def print_missing():
    missing = [missing_types(case, TYPES) for case in cases() if has_plain_tensors(case)]
    needed = Counter(type_ for types in missing for type_ in types)
    print(f"onnx {onnx.__version__}: {len(missing)} cases with plain tensors, {sum(map(bool, missing))} need operators that are not listed:")
    for type_, count in sorted(needed.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:5} {type_}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")  # the cases overflow and divide by zero on purpose
    if sys.argv[1] == "--missing":
        return print_missing()
    types = sorted(sys.argv[2:] or TYPES)
    write_cases(sys.argv[1], made_from(f"onnx {onnx.__version__}", " ".join(types)), lambda: cases_of(types))


if __name__ == "__main__":
    main()
