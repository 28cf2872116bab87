"""Prints the table of the zoo: see bench/zoo."""
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from networks import HALFTONE, ROOT

ZOO = Path(os.environ["HALFTONE_ZOO"]).resolve()
FILES = ROOT / "build" / "zoo"


def figure(value, form):
    return form.format(value) if isinstance(value, (int, float)) else str(value if value is not None else "-")


def peer(value):
    return f"{value:.1f}" if isinstance(value, float) else str(value or "-")


def words(row):
    run = row.get("run", f"inspect {row.get('inspect')}")
    quantized = row.get("sqnr", row.get("quantize"))
    peers = row["peers"]
    return (row["name"], figure(run, "{:.1e}"), "exact" if quantized == 200 else figure(quantized, "{:.1f}"), peer(peers.get("ort")),
            peer(peers.get("nncf")), f"{row['seconds']:.0f} s", "passed" if row["ok"] else "FAILED")


def judge(name):
    start = time.perf_counter()
    call = [sys.executable, ZOO / "judge.py", HALFTONE, FILES, "--only", name]
    lines = subprocess.run(call, capture_output=True, text=True).stdout.splitlines()
    row = json.loads(next(line for line in lines if line.startswith("{")))
    return row | {"seconds": time.perf_counter() - start}


def main(names):
    table = tomllib.loads((ZOO / "zoo_open.toml").read_text())["network"]
    known = [entry["name"] for entry in table]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"bench/zoo: no file {', '.join(unknown)}; there are {', '.join(known)}")
    subprocess.run([sys.executable, ZOO / "zoo.py", "fetch", FILES], check=True, stdout=subprocess.DEVNULL)
    form = "{:<22}{:>9}{:>8}{:>8}{:>8}{:>7}  {}"
    print("run: largest difference to ONNX Runtime, of the largest output; dB of the first output, 8 samples it was not calibrated with")
    print(form.format("file", "run", "dB", "ORT", "NNCF", "time", ""), flush=True)
    failed, said = 0, []
    for name in names or known:
        row = judge(name)
        failed += not row["ok"]
        print(form.format(*words(row)), flush=True)
        if row.get("said"):
            said.append(f"{name}: {row['said']}")
    print(f"{len(names or known) - failed} passed, {failed} failed", *said, sep="\n")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
