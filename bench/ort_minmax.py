"""ONNX Runtime's own quantizer on one of the measured networks, as bench/quantize_time runs it: ort_minmax.py NETWORK OUT.onnx"""
import sys
import tempfile

from networks import NETWORKS
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

BATCH = 8


class Reader(CalibrationDataReader):
    def __init__(self, name, samples):
        self.feeds = iter([{name: samples[i:i + BATCH]} for i in range(0, len(samples), BATCH)])

    def get_next(self):
        return next(self.feeds, None)


def main(network, out):
    import onnx
    with tempfile.TemporaryDirectory() as folder:
        prepared = f"{folder}/prepared.onnx"
        quant_pre_process(str(network.model), prepared, skip_symbolic_shape=True)
        reader = Reader(onnx.load(prepared).graph.input[0].name, network.calibration_arrays())
        quantize_static(prepared, out, reader, quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
                        weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax)


if __name__ == "__main__":
    main(NETWORKS[sys.argv[1]], sys.argv[2])
