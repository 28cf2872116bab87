"""ONNX's own node tests of our operators, as folders for golden_test.cpp.

    .venv/bin/python tests/golden/make_node_tests.py OUT [TYPE...]

A case is taken when its nodes are all of listed types and all its inputs and outputs are plain tensors. Takes
about 7 s; does nothing when OUT was made by the same onnx, types and sources.
"""
import sys
import warnings
from pathlib import Path

import onnx
from onnx.backend.test.case.node import collect_testcases

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from case_folder import made_from, write_cases  # noqa: E402

TYPES = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift BitwiseAnd
    BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Compress Concat Constant ConstantOfShape Conv
    ConvTranspose Cos Cosh CumProd CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Elu Equal
    Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
    GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax Identity If
    InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop
    LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not
    OneHot Or PRelu Pad Pow QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
    ReverseSequence Round Scaler ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice
    Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK
    Transpose Trilu Unsqueeze Upsample Where Xor
""".split()


def has_plain_tensors(case):
    return all(info.type.HasField("tensor_type") for info in [*case.model.graph.input, *case.model.graph.output])


def cases_of(types):
    left_out = []
    for case in collect_testcases(None):
        nodes = case.model.graph.node
        if case.model.functions or any(node.domain or node.op_type not in types for node in nodes):
            continue
        if not has_plain_tensors(case):
            left_out.append(case.name)
            continue
        (inputs, outputs), = case.data_sets
        yield case.name, case.model, inputs, outputs
    print(f"left out: {len(left_out)} cases with inputs or outputs that are no plain tensors: {', '.join(left_out)}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    types = sorted(sys.argv[2:] or TYPES)
    warnings.simplefilter("ignore")  # the cases overflow and divide by zero on purpose
    write_cases(sys.argv[1], made_from(f"onnx {onnx.__version__}", " ".join(types)), lambda: cases_of(types))


if __name__ == "__main__":
    main()
