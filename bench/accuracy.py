"""Prints the accuracy table: see bench/accuracy."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from networks import HALFTONE, NETWORKS
from runtime import kl, logits, sqnr, top1

NEAREST, FAST, FAST4 = ("nearest", "int8", "uint8"), ("fast", "int8", "uint8"), ("fast", "int4", "uint8")
W2, W4A4 = ("fast", "int2", "uint8"), ("fast", "int4", "uint4")
FLAGS = {"--fast": FAST, "--fast4": FAST4, "--w2": W2, "--w4a4": W4A4}
BARS = {  # KL at most, SQNR at least, top-1 at least, as the project's issues ask
    NEAREST: {
        ("efficientnet-lite0", "channel"): (0.0088, 18.2), ("mobilenet-v1-0.75", "channel"): (0.0056, 24.2),
        ("resnet20", "channel"): (0.0055, 28.4), ("resnet56", "channel"): (0.0070, 27.4),
        ("resnet8", "channel"): (0.0024, 34.0), ("ds-cnn", "channel"): (0.0022, 31.8),
        ("mobilenet-v1-0.75", "tensor"): (0.80, None),
    },
    FAST: {
        ("efficientnet-lite0", "channel"): (0.0018, 24.2), ("mobilenet-v1-0.75", "channel"): (0.0052, 24.2),
        ("resnet20", "channel"): (0.0047, 29.5), ("resnet56", "channel"): (0.0058, 28.7),
        ("resnet8", "channel"): (0.0020, 34.6), ("ds-cnn", "channel"): (0.0015, 32.9),
        ("efficientnet-lite0", "tensor"): (0.0059, 19.7), ("mobilenet-v1-0.75", "tensor"): (0.0175, 18.6),
    },
    FAST4: {
        ("efficientnet-lite0", "channel"): (0.067, 10.0), ("mobilenet-v1-0.75", "channel"): (0.128, 11.0),
        ("resnet20", "channel"): (0.0195, 22.4), ("resnet56", "channel"): (0.0187, 23.4),
        ("resnet8", "channel"): (0.0285, 24.1), ("ds-cnn", "channel"): (0.0092, 26.6),
    },
    W2: {("resnet20", "channel"): (None, None, 77.0), ("resnet56", "channel"): (None, None, 80.5)},
    W4A4: {
        ("resnet20", "channel"): (None, None, 80.0), ("resnet56", "channel"): (None, None, 80.0),
        ("mobilenet-v1-0.75", "channel"): (None, None, 43), ("efficientnet-lite0", "channel"): (None, None, 66),
    },
}


def halftone(*arguments):
    subprocess.run([HALFTONE, *map(str, arguments), "--quiet"], check=True)


def quantize(network, granularity, how, folder):
    file, report = folder / f"{network.name}.{granularity}.onnx", folder / "report.json"
    halftone("quantize", network.model, *network.calibration_flags(), "--granularity", granularity, "--rounding", how[0], "--weights", how[1],
             "--activations", how[2], "-o", file, "--json", report)
    return file, json.loads(report.read_text())


def simulated_figures(network, file, folder):
    report = folder / "evaluate.json"
    halftone("evaluate", file, *network.evaluation_flags(), "--reference", network.model, "--json", report)
    return json.loads(report.read_text())


def simulated_logits(network, file, folder):
    outputs = folder / "outputs"
    flags = network.evaluation_flags()
    at = flags.index("--labels")
    halftone("run", file, *(flags[:at] + flags[at + 2:]), "-o", outputs)
    rows = [np.load(f) for f in sorted(outputs.glob("*.npz"))]
    values = np.concatenate([row["logits"].reshape(1, -1) for row in rows])
    for f in outputs.glob("*.npz"):
        f.unlink()
    return values


def measure(network, granularity, how, folder, float_cache):
    file, _ = quantize(network, granularity, how, folder)
    ours = simulated_figures(network, file, folder)
    raw, labels = network.evaluation_arrays() if network.name not in float_cache else float_cache[network.name][:2]
    batches = lambda: (network.normalise(raw[i:i + 20]) for i in range(0, len(raw), 20))
    if network.name not in float_cache:
        float_cache[network.name] = (raw, labels, logits(network.model, batches()))
    f = float_cache[network.name][2]
    q = logits(file, batches())
    plain = logits(file, batches(), exact=False) if how[1] == "int8" else q  # narrower ones run in float there
    simulation = simulated_logits(network, file, folder)
    return {
        "top1": ours["top1"], "kl": ours["reference"]["kl"], "sqnr": ours["reference"]["sqnr_db"],
        "ort_top1": top1(q, labels), "ort_kl": kl(f, q), "ort_sqnr": sqnr(f, q),
        "between": sqnr(simulation, q), "plain_kl": kl(f, plain), "plain_sqnr": sqnr(f, plain), "float_top1": top1(f, labels),
    }


def judged(r, most_kl, least_sqnr, least_top1=None):
    """What is asked, in words, and whether both our figures and ONNX Runtime's reach it."""
    asked = [(f"KL <= {most_kl}", r["kl"] <= most_kl and r["ort_kl"] <= most_kl)] if most_kl is not None else []
    if least_sqnr is not None:
        asked.append((f"dB >= {least_sqnr}", r["sqnr"] >= least_sqnr and r["ort_sqnr"] >= least_sqnr))
    if least_top1 is not None:
        asked.append((f"top-1 >= {least_top1}", r["top1"] >= least_top1 and r["ort_top1"] >= least_top1))
    return ", ".join(words for words, _ in asked), all(good for _, good in asked)


def main(arguments):
    how, names = NEAREST, list(arguments)
    for flag, value in FLAGS.items():
        if flag in names:
            how = value
            names.remove(flag)
    bars = BARS[how]
    if unknown := [name for name in names if not any(key[0] == name for key in bars)]:
        sys.exit(f"bench/accuracy: no network {', '.join(unknown)}; there are {', '.join(dict.fromkeys(key[0] for key in bars))}")
    wanted = [key for key in bars if not names or key[0] in names]
    print(f"{'network':<20}{'weights':<9}{'float':>6}{'top-1':>7}{'KL':>9}{'dB':>7} |{'ORT top-1':>9}{'KL':>9}{'dB':>7}{'between':>9} | {'ORT default KL, dB':<20}{'bar'}")
    missed, cache = 0, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, granularity in wanted:
            r = measure(NETWORKS[name], granularity, how, Path(folder), cache)
            bar, good = judged(r, *bars[name, granularity])
            missed += not good
            print(f"{name:<20}{granularity:<9}{r['float_top1']:6.2f}{r['top1']:7.2f}{r['kl']:9.5f}{r['sqnr']:7.2f} |{r['ort_top1']:9.2f}{r['ort_kl']:9.5f}"
                  f"{r['ort_sqnr']:7.2f}{r['between']:9.1f} | {r['plain_kl']:.5f}, {r['plain_sqnr']:5.2f}      {'reached' if good else 'MISSED'} ({bar})", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
