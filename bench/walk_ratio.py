"""Prints the ratio of bench/walk_ratio."""
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from networks import HALFTONE, NETWORKS

MOST = 3.6


def seconds(name, folder):
    """Of round_fast, and of the whole command."""
    network, report = NETWORKS[name], folder / "report.json"
    subprocess.run([HALFTONE, "quantize", network.model, *network.calibration_flags(), "--weights", "int4", "-o", folder / "out.onnx", "--json", report, "--quiet"], check=True)
    found = json.loads(report.read_text())
    return next(p["seconds"] for p in found["passes"] if p["name"] == "round_fast"), found["seconds"]


def main(rounds="5"):
    runs = {"resnet20": [], "resnet56": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(int(rounds)):
            for name, found in runs.items():
                found.append(seconds(name, Path(folder)))
    medians = {name: [statistics.median(column) for column in zip(*found)] for name, found in runs.items()}
    for name, (walk, whole) in medians.items():
        print(f"{name:<10}round_fast {walk:6.2f} s   whole {whole:6.2f} s")
    ratio = medians["resnet56"][0] / medians["resnet20"][0]
    print(f"ratio     round_fast {ratio:6.2f}     whole {medians['resnet56'][1] / medians['resnet20'][1]:6.2f}     ({'within' if ratio <= MOST else 'ABOVE'} {MOST})")
    return ratio > MOST


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
