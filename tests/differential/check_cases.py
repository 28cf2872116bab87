"""Runs the quantized files that tests/cases leaves in ONNX Runtime, beside halftone's simulation.

    .venv/bin/python tests/differential/check_cases.py BUILD/cases

Each file passes ONNX's checker and loads; its outputs are the simulated ones within one step of the output's grid, with the
runtime's optimizer and without, and stay within the bounds that the case names. A float output may differ by what rounding
in another order does.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from runtime_session import open_session  # noqa: E402

FEWEST = 100
FLOAT = 2e-3  # of the largest element
onnxruntime.set_default_logger_severity(4)


def session(path, optimized):
    """With exact sums on every processor; without where ONNX Runtime then trips over a weight that several nodes read."""
    try:
        return open_session(path, optimized, exact=True)
    except onnxruntime.capi.onnxruntime_pybind11_state.Fail as failure:
        if "replace the existing tensor" not in str(failure):
            raise
        return open_session(path, optimized, exact=False)


def check(folder):
    """What is wrong with the case's file; empty: nothing."""
    onnx.checker.check_model(onnx.load(folder / "q.onnx"), full_check=True)
    inputs, outputs = dict(np.load(folder / "inputs.npz")), dict(np.load(folder / "outputs.npz"))
    wrong = []
    for optimized in (True, False):
        runtime = session(folder / "q.onnx", optimized)
        names = [output.name for output in runtime.get_outputs()]
        for name, got in zip(names, runtime.run(names, inputs)):
            step = float(outputs["step of " + name])
            allowed = 1.001 * step if step > 0 else FLOAT * np.abs(outputs[name]).max()
            difference = float(np.abs(got.astype(np.float64) - outputs[name]).max())
            if got.shape != outputs[name].shape or difference > allowed:
                wrong.append(f"{name} ({'optimized' if optimized else 'as written'}) differs by {difference:.4g}, a step being {step:.4g}")
            if got.min() < outputs["low of " + name] or got.max() > outputs["high of " + name]:
                wrong.append(f"{name} reaches from {got.min()} to {got.max()}")
    return wrong


def main(folder):
    cases = sorted(path.parent for path in folder.glob("*/outputs.npz"))
    failed = 0
    for case in cases:
        try:
            wrong = check(case)
        except Exception as error:  # the checker's, the runtime's: all are failures of the file
            wrong = [f"{type(error).__name__}: {str(error).splitlines()[0]}"]
        failed += bool(wrong)
        for line in wrong:
            print(f"{case.name}: {line}")
    print(f"{len(cases) - failed} of {len(cases)} cases agree with ONNX Runtime {onnxruntime.__version__}")
    if len(cases) < FEWEST:
        sys.exit(f"only {len(cases)} cases are there: run the program cases_tests, or ctest")
    sys.exit(failed > 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
