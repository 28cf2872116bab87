"""Folders of test cases, as ONNX lays out its node tests; tests/support/case_folder.h reads them.

    OUT/stamp                                         what the folder was made from; written last
    OUT/NAME/model.onnx, input_0.pb, output_0.pb, ... one TensorProto a file
"""
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx


def as_proto(tensor):
    return tensor if isinstance(tensor, onnx.TensorProto) else onnx.numpy_helper.from_array(np.asarray(tensor))


def made_from(*facts):
    """The stamp's text: the facts, and a digest of the generator's own sources, so that an edit makes new cases."""
    digest = hashlib.sha256()
    for source in (__file__, sys.modules["__main__"].__file__):
        digest.update(Path(source).read_bytes())
    return "\n".join([*facts, f"sources {digest.hexdigest()}"]) + "\n"


def write_case(folder, model, inputs, outputs):
    folder.mkdir()
    onnx.save(model, folder / "model.onnx")
    for kind, tensors in (("input", inputs), ("output", outputs)):
        for i, tensor in enumerate(tensors):
            (folder / f"{kind}_{i}.pb").write_bytes(as_proto(tensor).SerializeToString())


def run_generator(cases, *packages):
    """The whole of a generator that takes OUT alone."""
    if len(sys.argv) != 2:
        sys.exit(sys.modules["__main__"].__doc__)
    write_cases(sys.argv[1], made_from(*(f"{package.__name__} {package.__version__}" for package in packages)), cases)


def write_cases(out, stamp, cases):
    """Fills `out` with cases() -> (name, model, inputs, outputs), unless its stamp says that it is up to date.

    `out` appears by a rename once it is complete: an interrupted run leaves what stood there.
    """
    out = Path(out).absolute()
    stamp_file = out / "stamp"
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        print(f"{out} is up to date")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=out.name + ".", dir=out.parent))
    try:
        made.chmod(0o755)
        count = 0
        for name, model, inputs, outputs in cases():
            write_case(made / name, model, inputs, outputs)
            count += 1
        (made / "stamp").write_text(stamp)
        shutil.rmtree(out, ignore_errors=True)
        os.rename(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    print(f"{out}: {count} cases")
