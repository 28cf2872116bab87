"""Prints what two networks see in the same photographs, side by side.

usage: predictions.py PHOTOS FLOAT_OUTPUTS QUANTIZED_OUTPUTS CLASS_NAMES

PHOTOS is the folder of photographs; the outputs are the folders that `halftone run` wrote for it, with the logits of
one photograph or of several in each .npz; CLASS_NAMES is a text file with one name a line.
"""
import re
import sys
from pathlib import Path

import numpy as np

PICTURES = {".jpg", ".jpeg", ".png"}
PHOTO_WIDTH, NAME_WIDTH = 13, 20


def natural(path):
    """A key that sorts batch2 before batch10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def read_logits(folder, photos):
    """One row of logits for each photograph: by its name where the files are named so, otherwise in their order."""
    files = {path.stem: path for path in sorted(Path(folder).glob("*.npz"), key=natural)}
    for names in ([photo.stem for photo in photos], [photo.name for photo in photos]):
        if set(names) == set(files):
            files = {name: files[name] for name in names}
    rows = []
    for path in files.values():
        with np.load(path) as outputs:
            rows.append(outputs["logits"])
    if sum(len(row) for row in rows) != len(photos):
        sys.exit(f"error: {folder} holds outputs of {sum(len(row) for row in rows)} photographs, not of {len(photos)}")
    return np.concatenate(rows).astype(np.float64)


def softmax(logits):
    """Probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def fit(text, width):
    """A text of exactly `width` columns, with an ellipsis where it was cut."""
    return (text if len(text) <= width else text[:width - 1].rstrip() + "…").ljust(width)


def prediction(probabilities, names):
    """The likeliest class and its probability."""
    best = int(probabilities.argmax())
    return f"{fit(names[best], NAME_WIDTH)} {100 * probabilities[best]:5.1f} %"


def table(photos, exact, quantized, names):
    """The lines of the table."""
    head = [fit("photo", PHOTO_WIDTH), fit("float", NAME_WIDTH + 8), fit("8 bits", NAME_WIDTH + 8), "same"]
    yield "  ".join(head)
    yield "  ".join("-" * len(part) for part in head)
    for photo, left, right in zip(photos, exact, quantized):
        same = "yes" if left.argmax() == right.argmax() else "no"
        yield "  ".join([fit(photo.stem, PHOTO_WIDTH), prediction(left, names), prediction(right, names), same])


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    photos = sorted(path for path in Path(sys.argv[1]).iterdir() if path.suffix.lower() in PICTURES)
    exact, quantized = (softmax(read_logits(folder, photos)) for folder in sys.argv[2:4])
    names = Path(sys.argv[4]).read_text(encoding="utf-8").splitlines()
    if exact.shape != quantized.shape or exact.shape[1] != len(names):
        sys.exit(f"error: outputs of shapes {exact.shape} and {quantized.shape} do not fit {len(names)} class names")
    print("\n".join(table(photos, exact, quantized, names)))
    same = int((exact.argmax(axis=1) == quantized.argmax(axis=1)).sum())
    print(f"{same} of {len(photos)} the same")


if __name__ == "__main__":
    main()
