"""Prints the scatter of one network's figures: see bench/scatter."""
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from networks import HALFTONE, NETWORKS

FIRST_SAMPLES = (0, 300, 600, 900, 1200, 1500)


def figures(network, first_sample, flags, folder):
    file, report = folder / "quantized.onnx", folder / "report.json"
    subprocess.run([HALFTONE, "quantize", network.model, *network.calibration_flags(), "--skip", str(first_sample), *flags, "-o", file, "--quiet"], check=True)
    subprocess.run([HALFTONE, "evaluate", file, *network.evaluation_flags(), "--reference", network.model, "--json", report, "--quiet"], check=True)
    reference = json.loads(report.read_text())["reference"]
    return reference["kl"], reference["sqnr_db"]


def main(name="", *flags):
    pictures = [key for key, network in NETWORKS.items() if network.kind == "cifar10"]
    if name not in pictures:
        sys.exit(f"bench/scatter: give one of {', '.join(pictures)}")
    with tempfile.TemporaryDirectory() as folder:
        rows = [figures(NETWORKS[name], first, flags, Path(folder)) for first in FIRST_SAMPLES]
    print(f"{name} {' '.join(flags)}")
    print(f"{'calibrated on':<16}{'KL':>9}{'dB':>8}")
    for first, (kl, db) in zip(FIRST_SAMPLES, rows):
        print(f"{f'{first}..{first + 255}':<16}{kl:9.5f}{db:8.2f}")
    print(f"{'mean':<16}{statistics.mean(kl for kl, _ in rows):9.5f}{statistics.mean(db for _, db in rows):8.2f}")
    print(f"{'deviation':<16}{statistics.stdev(kl for kl, _ in rows):9.5f}{statistics.stdev(db for _, db in rows):8.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
