"""ONNX Runtime as the second judge of an exported file."""
import numpy as np
import onnxruntime as ort


def logits(path, batches, exact=True, fused=True):
    """All logits of a model. exact: 8-bit products are not summed in saturating int16 pairs on CPUs without VNNI."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    if not fused:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: x})[0].reshape(len(x), -1) for x in batches])


def log_softmax(z):
    z = z.astype(np.float64) - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def sqnr(f, q):
    f, q = f.astype(np.float64), q.astype(np.float64)
    noise = ((f - q) ** 2).sum()
    return float(10 * np.log10((f ** 2).sum() / noise)) if noise > 0 else float("inf")


def kl(f, q):
    lf, lq = log_softmax(f), log_softmax(q)
    return float((np.exp(lf) * (lf - lq)).sum(1).mean())


def top1(q, labels):
    return 100 * float((q.argmax(1) == labels).mean())
