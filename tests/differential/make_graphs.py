"""Random networks of many operators with ONNX Runtime's outputs, as folders for differential_test.cpp.

    .venv/bin/python tests/differential/make_graphs.py OUT

A network is a chain of random blocks on a feature map, then (mostly) a classifier's head. Fixed seeds; at most 64
channels; opset 13; batch 1 and 3, stated or symbolic. Does nothing when OUT was made by the same packages and sources.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from case_folder import run_generator  # noqa: E402

GRAPHS = 64
OPSET = 13
MOST_CHANNELS = 64


class Network:
    """A graph under construction. `x` is a value's name; its shape stands in `shape[x]`, with the batch in front."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.outputs = [], [], []
        self.inputs, self.shape = {}, {}

    # --- chance ---
    def chance(self, p=0.5):
        return self.rng.random() < p

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def normal(self, *shape, scale=1.0):
        return (self.rng.standard_normal(shape) * scale).astype(np.float32)

    # --- building ---
    def input(self, *shape):
        name = f"input_{len(self.inputs)}"
        self.inputs[name] = self.normal(*shape)
        self.shape[name] = list(shape)
        return name

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        self.shape[name] = list(np.shape(array))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, dtype=np.int64))

    def node(self, op, *inputs, shape, **attributes):
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        self.shape[name] = [int(n) for n in shape]
        return name

    def channels(self, x):
        return self.shape[x][1]

    def model(self, symbolic_batch):
        def info(name, shape):
            dims = ["N", *shape[1:]] if symbolic_batch and shape else shape
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)

        graph = helper.make_graph(
            self.nodes, "network", [info(n, self.shape[n]) for n in self.inputs],
            [info(n, self.shape[n]) for n in self.outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


# --- blocks on a feature map [N, C, spatial...]: each takes a network and a value, and returns a value ---

def window_out(size, kernel, stride, dilation, before, after, ceil=False):
    room = size + before + after - (dilation * (kernel - 1) + 1)
    steps = -(-room // stride) if ceil else room // stride
    if ceil and steps * stride >= size + before:
        steps -= 1  # ONNX: no window starts in the padding after the end
    return steps + 1


def conv(net, x, out_channels=None, same_size=False):
    n, c, *spatial = net.shape[x]
    k = out_channels or net.pick(1, 3, 8, 16, 17, 24, 32, MOST_CHANNELS)
    group = 1
    if net.chance(0.35) and c > 1:
        group = net.pick(c, *[d for d in range(2, c) if c % d == 0])
        k = k if out_channels else group * net.pick(1, max(1, min(2, MOST_CHANNELS // group)))
        if k % group:
            group = 1
    kernel, stride, dilation, before, after, out = [], [], [], [], [], []
    for size in spatial:
        s, d = (1, net.pick(1, 1, 2)) if same_size else (net.pick(1, 1, 2, 3), net.pick(1, 1, 1, 2, 3))
        t = net.pick(1, 3, 3, 5) if same_size else net.pick(1, 1, 2, 3, 3, 5)
        total = d * (t - 1)
        b = total // 2 if same_size else net.pick(0, t // 2, t - 1)
        a = total - b if same_size else net.pick(0, t // 2, b)
        if size + b + a < d * (t - 1) + 1:
            t, d, b, a = 1, 1, 0, 0
        for items, item in ((kernel, t), (stride, s), (dilation, d), (before, b), (after, a),
                            (out, window_out(size, t, s, d, b, a))):
            items.append(item)
    weight = net.normal(k, c // group, *kernel, scale=np.sqrt(2 / (c // group * np.prod(kernel))))
    inputs = [x, net.constant(weight)]
    if net.chance(0.6):
        inputs.append(net.constant(net.normal(k, scale=0.3)))
    return net.node("Conv", *inputs, shape=[n, k, *out], kernel_shape=kernel, strides=stride, dilations=dilation,
                    pads=before + after, group=group)


def conv_auto_pad(net, x):
    n, c, *spatial = net.shape[x]
    k, stride = net.pick(4, 16), net.pick(1, 2)
    kernel = [net.pick(2, 3, 5) for _ in spatial]
    weight = net.constant(net.normal(k, c, *kernel, scale=np.sqrt(2 / (c * np.prod(kernel)))))
    return net.node("Conv", x, weight, shape=[n, k, *[-(-s // stride) for s in spatial]], strides=[stride] * len(spatial),
                    auto_pad=net.pick("SAME_UPPER", "SAME_LOWER"))


def batch_norm(net, x):
    c = net.channels(x)
    gamma = net.normal(c, scale=0.5) + net.pick(-1, 1)
    parameters = [gamma, net.normal(c, scale=0.3), net.normal(c, scale=0.3), net.rng.uniform(0.3, 2, c).astype(np.float32)]
    return net.node("BatchNormalization", x, *map(net.constant, parameters), shape=net.shape[x],
                    epsilon=net.pick(1e-5, 1e-3))


def activation(net, x):
    kind = net.pick("relu", "relu6", "low", "high", "none")
    if kind == "relu":
        return net.node("Relu", x, shape=net.shape[x])
    if kind == "none":
        return x
    low, high = {"relu6": (0, 6), "low": (-0.5, None), "high": (None, 1.5)}[kind]
    bounds = [net.constant(np.float32(b)) if b is not None else "" for b in (low, high)]
    return net.node("Clip", x, *(bounds if bounds[1] else bounds[:1]), shape=net.shape[x])


def add(net, a, b):
    if net.chance():
        a, b = b, a
    return net.node("Add", a, b, shape=np.broadcast_shapes(net.shape[a], net.shape[b]))


def layer(net, x, **conv_options):
    y = conv(net, x, **conv_options)
    if net.chance(0.4):
        y = batch_norm(net, y)
    return activation(net, y)


def residual(net, x):
    """Both orders of the operands; the branch, the shortcut or both are convolutions; a clamp may follow the Add."""
    c = net.channels(x)
    branch = conv(net, x, out_channels=c, same_size=True)
    if net.chance():
        branch = conv(net, activation(net, branch), out_channels=c, same_size=True)
    if net.chance(0.3):
        branch = batch_norm(net, branch)
    shortcut = conv(net, x, out_channels=c, same_size=True) if net.chance(0.3) else x
    return activation(net, add(net, branch, shortcut))


def add_to_itself(net, x):
    """y = f(x) + x, where f's result is read a second time: the fusion must keep it."""
    y = activation(net, conv(net, x, out_channels=net.channels(x), same_size=True))
    total = add(net, y, x)
    return activation(net, add(net, total, y))


def doubled(net, x):
    return net.node("Add", x, x, shape=net.shape[x])


def add_per_channel(net, x):
    ones = [1] * (len(net.shape[x]) - 2)
    lead = net.pick([], [1])
    return add(net, x, net.constant(net.normal(*lead, net.channels(x), *ones)))


def pool(net, x):
    op = net.pick("MaxPool", "AveragePool")
    n, c, *spatial = net.shape[x]
    ceil = net.chance(0.3)
    kernel, stride, before, after, out = [], [], [], [], []
    for size in spatial:
        t = min(net.pick(1, 2, 3), size)
        s = net.pick(1, 2, 3)
        b, a = (net.pick(0, 1), net.pick(0, 1)) if t > 1 else (0, 0)
        for items, item in ((kernel, t), (stride, s), (before, b), (after, a), (out, window_out(size, t, s, 1, b, a, ceil))):
            items.append(item)
    attributes = {"kernel_shape": kernel, "strides": stride, "pads": before + after, "ceil_mode": int(ceil)}
    if op == "AveragePool":
        attributes["count_include_pad"] = int(net.chance())
    return net.node(op, x, shape=[n, c, *out], **attributes)


def concat(net, x):
    """Of two layers on axis 1, or of the value with itself on the last axis."""
    if net.chance(0.3):
        shape = net.shape[x]
        return net.node("Concat", x, x, shape=[*shape[:-1], 2 * shape[-1]], axis=net.pick(-1, len(shape) - 1))
    parts = [activation(net, conv(net, x, out_channels=net.pick(3, 8, 16), same_size=True)) for _ in range(2)]
    if net.channels(x) <= 32 and net.chance():
        parts.insert(net.pick(0, 1, 2), x)
    n, _, *spatial = net.shape[x]
    return net.node("Concat", *parts, shape=[n, sum(map(net.channels, parts)), *spatial], axis=net.pick(1, 1 - len(net.shape[x])))


def slice_(net, x):
    shape = list(net.shape[x])
    axis = int(net.rng.integers(1, len(shape)))
    size = shape[axis]
    if size < 3:
        return x
    first, step = int(net.rng.integers(0, size // 3 + 1)), net.pick(1, 1, 2, -1)
    last = size - int(net.rng.integers(0, size // 3 + 1))
    kept = len(range(size)[first:last:step]) if step > 0 else len(range(first, last))
    start, end = (first, net.pick(last, last - size) if last < size else 2**40) if step > 0 else (last - 1, first - 1 if first else -2**40)
    shape[axis] = kept
    return net.node("Slice", x, net.integers(start), net.integers(end), net.integers(net.pick(axis, axis - len(shape))),
                    net.integers(step), shape=shape)


def pad(net, x):
    shape = list(net.shape[x])
    mode = net.pick("constant", "constant", "edge", "reflect")
    rank = len(shape)
    before, after = [0] * rank, [0] * rank
    for axis in range(2, rank):
        most = min(2, shape[axis] - 1)
        before[axis], after[axis] = int(net.rng.integers(0, most + 1)), int(net.rng.integers(0, most + 1))
        shape[axis] += before[axis] + after[axis]
    if mode == "constant" and net.chance(0.3) and shape[1] < 60:
        before[1], after[1] = 1, 2
        shape[1] += 3
    inputs = [x, net.integers(*before, *after)]
    if mode == "constant" and net.chance():
        inputs.append(net.constant(np.float32(net.pick(0.0, -0.75))))
    return net.node("Pad", *inputs, shape=shape, mode=mode)


def transpose(net, x):
    """Channels last, something there, and back; or two spatial axes change places."""
    shape = net.shape[x]
    rank = len(shape)
    if rank > 3 and net.chance(0.4):
        order = [0, 1, *range(rank - 1, 1, -1)]
        return net.node("Transpose", x, shape=[shape[i] for i in order], perm=order)
    there, back = [0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]
    y = net.node("Transpose", x, shape=[shape[i] for i in there], perm=there)
    y = net.node("Relu", y, shape=net.shape[y]) if net.chance() else add(net, y, net.constant(net.normal(net.channels(x))))
    return net.node("Transpose", y, shape=shape, perm=back)


def attention(net, x):
    """softmax(q q^T / 4) q over positions: products of two run-time values."""
    n, c, *spatial = net.shape[x]
    positions = int(np.prod(spatial))
    q = net.node("Reshape", x, net.integers(0, c, -1), shape=[n, c, positions])
    k = net.node("Transpose", q, shape=[n, positions, c], perm=[0, 2, 1])
    scores = net.node("MatMul", q, k, shape=[n, c, c])
    scores = net.node("MatMul", scores, net.constant(np.eye(c, dtype=np.float32) / (4 * positions)), shape=[n, c, c])
    weights = net.node("Softmax", scores, shape=[n, c, c], axis=net.pick(-1, 1))
    y = net.node("MatMul", weights, q, shape=[n, c, positions])
    return net.node("Reshape", y, net.integers(0, c, *spatial), shape=[n, c, *spatial])


def second_input(net, x):
    return activation(net, add(net, conv(net, x, out_channels=net.channels(x), same_size=True), net.input(*net.shape[x])))


def also_an_output(net, x):
    """A convolution's result that is a graph output and is read on: the clamp must not be fused into it."""
    y = conv(net, x)
    net.outputs.append(y)
    return net.node("Relu", y, shape=net.shape[y])


BLOCKS = [layer, layer, layer, conv_auto_pad, residual, residual, add_to_itself, add_per_channel, doubled, pool, pool, concat,
          slice_, pad, transpose, batch_norm, activation, attention, second_input, also_an_output]


# --- the head: [N, C, spatial...] -> [N, classes] ---

def to_vector(net, x):
    n, c, *spatial = net.shape[x]
    kind = net.pick("pool flatten", "pool reshape", "pool squeeze", "max pool", "mean", "flatten", "reshape")
    axes = list(range(2, 2 + len(spatial)))
    if kind == "mean":
        return net.node("ReduceMean", x, shape=[n, c], axes=net.pick(axes, [a - 2 - len(spatial) for a in axes]), keepdims=0)
    if kind in ("flatten", "reshape"):
        shape = [n, c * int(np.prod(spatial))]
        if kind == "flatten":
            return net.node("Flatten", x, shape=shape, axis=1)
        return net.node("Reshape", x, net.integers(0, -1), shape=shape)
    y = net.node("GlobalMaxPool" if kind == "max pool" else "GlobalAveragePool", x, shape=[n, c, *[1] * len(spatial)])
    if kind == "pool squeeze":
        return net.node("Squeeze", y, net.integers(*axes), shape=[n, c])
    if kind == "pool reshape":
        return net.node("Reshape", y, net.integers(0, c), shape=[n, c])
    return net.node("Flatten", y, shape=[n, c])


def dense(net, x, units):
    n, c = net.shape[x]
    weight = net.normal(c, units, scale=np.sqrt(1 / c))
    if net.chance(0.4):
        y = net.node("MatMul", x, net.constant(weight), shape=[n, units])
        return add(net, y, net.constant(net.normal(units))) if net.chance(0.7) else y
    transposed = net.chance()
    inputs = [x, net.constant(weight.T.copy() if transposed else weight)]
    if net.chance(0.7):
        inputs.append(net.constant(net.normal(*net.pick([units], [1, units]))))
    attributes = {"alpha": 0.5, "beta": 1.5} if net.chance(0.3) else {}
    return net.node("Gemm", *inputs, shape=[n, units], transB=int(transposed), **attributes)


def head(net, x):
    y = to_vector(net, x)
    y = activation(net, dense(net, y, net.pick(7, 16, 33)))
    y = dense(net, y, net.pick(1, 5, 10))
    return net.node("Softmax", y, shape=net.shape[y], axis=net.pick(-1, 1)) if net.chance(0.3) else y


# --- whole networks ---

def network(seed):
    net = Network(seed)
    batch = (1, 3)[seed % 2]
    spatial = {0: [23], 1: [6, 5, 7]}.get(seed % 8, [net.pick(9, 12, 16), net.pick(9, 11, 16)])  # some 1-D, some 3-D
    x = layer(net, net.input(batch, net.pick(1, 3, 4), *spatial))
    first = BLOCKS[seed % len(BLOCKS)]  # every block several times, whatever the dice say
    for block in [first, *[net.pick(*BLOCKS) for _ in range(net.pick(2, 3, 5))]]:
        if net.channels(x) > MOST_CHANNELS // 2 and block in (concat, attention):
            block = layer
        x = block(net, x)
    net.outputs.append(x if net.chance(0.25) else head(net, x))
    return net


def runtime_outputs(model, inputs):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def cases():
    for seed in range(GRAPHS):
        net = network(seed)
        model = net.model(symbolic_batch=seed % 3 == 0)
        outputs = runtime_outputs(model, net.inputs)
        for name, output in zip(net.outputs, outputs):
            assert list(output.shape) == net.shape[name], (seed, name, output.shape, net.shape[name])
            assert np.isfinite(output).all() and np.abs(output).max() > 1e-3, (seed, name, "says nothing")
        yield f"seed_{seed:02}", model, net.inputs.values(), outputs


if __name__ == "__main__":
    run_generator(cases, onnx, onnxruntime, np)
