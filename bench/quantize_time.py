"""Prints the times of bench/quantize_time."""
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from networks import HALFTONE, NETWORKS

MOST_MEGABYTES = 512


def measured(command):
    """(wall seconds, CPU seconds, peak MB) of a whole process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command[0]} failed:\n{errors}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(name="efficientnet-lite0", rounds="3", *peers):
    network = NETWORKS[name]
    with tempfile.TemporaryDirectory() as folder:
        calibration = network.calibration_flags()
        settings = {
            "halftone, defaults": [],
            "halftone, int4 weights": ["--weights", "int4"],
            "halftone, nearest": ["--rounding", "nearest"],
            "halftone, nearest, minmax": ["--rounding", "nearest", "--activation-range", "minmax", "--weight-range", "minmax"],
        }
        contestants = {
            who: [HALFTONE, "quantize", network.model, *calibration, *flags, "-o", f"{folder}/{i}.onnx", "--quiet"]
            for i, (who, flags) in enumerate(settings.items())
        } | {
            "ONNX Runtime, minmax": [sys.executable, Path(__file__).parent / "ort_minmax.py", name, f"{folder}/c.onnx"],
        } | {
            who: shlex.split(command.replace("{out}", f"{folder}/peer.onnx")) for who, command in (peer.split("=", 1) for peer in peers)
        }
        runs = {who: [] for who in contestants}
        for _ in range(int(rounds)):
            for who, command in contestants.items():
                runs[who].append(measured(command))
    medians = {who: [statistics.median(column) for column in zip(*rows)] for who, rows in runs.items()}
    peer = medians["ONNX Runtime, minmax"]
    print(f"{name}, {os.cpu_count()} cores, medians of {rounds} runs")
    print(f"{'':<28}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'wall / ORT':>12}{'CPU / ORT':>11}")
    for who, (wall, cpu, peak) in medians.items():
        print(f"{who:<28}{wall:8.1f}{cpu:8.1f}{peak:9.0f}{wall / peer[0]:12.2f}{cpu / peer[1]:11.2f}")
    worst = max(peak for who, rows in runs.items() if who.startswith("halftone") for *_, peak in rows)
    print(f"halftone's highest peak: {worst:.0f} MB ({'within' if worst <= MOST_MEGABYTES else 'ABOVE'} {MOST_MEGABYTES} MB)")
    return worst > MOST_MEGABYTES


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
