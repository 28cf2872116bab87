"""ONNX Runtime, as the tests run quantized files in it."""
import onnxruntime


def open_session(path, optimized, exact=True):
    options = onnxruntime.SessionOptions()
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")  # 16-bit data stay what they are
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")  # exact sums on every processor
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
