"""The measured networks: their data and preprocessing, as flags of halftone and as numpy arrays for ONNX Runtime."""
import csv
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HALFTONE_DATA", ROOT.parent / "shared" / "data")).resolve()
HALFTONE = os.environ.get("HALFTONE", str(ROOT / "build" / "release" / "halftone"))
IMAGENET_STATISTICS = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


class Network:
    def __init__(self, name, kind, mean=0.0, std=1.0):
        self.name, self.kind, self.mean, self.std = name, kind, mean, std
        self.model = DATA / "models" / f"{name}.onnx"

    def _preprocessing(self):
        if self.kind == "kws":
            return []
        flags = ["--mean", numbers(self.mean), "--std", numbers(self.std)]
        return flags + (["--crop-fraction", "0.875", "--interpolation", "bicubic"] if self.kind == "imagenet" else [])

    def calibration_flags(self, samples=256):
        place = {"cifar10": DATA / "cifar10" / "train4000.npy", "imagenet": DATA / "imagenet_calibration", "kws": DATA / "kws" / "inputs.npy"}
        count = min(samples, 200) if self.kind == "kws" else samples
        return ["--data", str(place[self.kind]), "--samples", str(count)] + self._preprocessing()

    def evaluation_flags(self):
        if self.kind == "cifar10":
            place = [DATA / "cifar10" / "test1000.npy", DATA / "cifar10" / "test1000_labels.npy"]
        elif self.kind == "imagenet":
            place = [DATA / "imagenet_val", DATA / "imagenet_val.csv"]
        else:
            place = [DATA / "kws" / "inputs.npy", DATA / "kws" / "labels.npy"]
        skip = ["--skip", "200"] if self.kind == "kws" else []
        return ["--data", str(place[0]), "--labels", str(place[1])] + skip + self._preprocessing()

    def evaluation_arrays(self):
        """(uint8 or float array of all samples, labels); normalise() turns a slice into the model's input."""
        if self.kind == "cifar10":
            return np.load(DATA / "cifar10" / "test1000.npy"), np.load(DATA / "cifar10" / "test1000_labels.npy")
        if self.kind == "kws":
            return np.load(DATA / "kws" / "inputs.npy")[200:], np.load(DATA / "kws" / "labels.npy")[200:]
        rows = list(csv.DictReader(open(DATA / "imagenet_val.csv")))
        pixels = np.stack([picture(DATA / "imagenet_val" / row["file"]) for row in rows])
        return pixels, np.array([int(row["class"]) for row in rows])

    def calibration_arrays(self, samples=256):
        if self.kind == "cifar10":
            return self.normalise(np.load(DATA / "cifar10" / "train4000.npy", mmap_mode="r")[:samples])
        if self.kind == "kws":
            return np.load(DATA / "kws" / "inputs.npy")[:200]
        files = sorted((DATA / "imagenet_calibration").glob("*.jpg"))[:samples]
        return self.normalise(np.stack([picture(f) for f in files]))

    def normalise(self, pixels):
        if self.kind == "kws":
            return pixels
        x = (pixels.astype(np.float32) - np.float32(self.mean)) / np.float32(self.std)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def numbers(value):
    return ",".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def picture(path, size=224, fraction=0.875):
    from PIL import Image
    im = Image.open(path).convert("RGB")
    side = round(fraction * min(im.size))
    left, top = (im.width - side) // 2, (im.height - side) // 2
    return np.asarray(im.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BICUBIC))


NETWORKS = {n.name: n for n in (
    Network("resnet20", "cifar10", *IMAGENET_STATISTICS),
    Network("resnet56", "cifar10", *IMAGENET_STATISTICS),
    Network("resnet8", "cifar10"),
    Network("ds-cnn", "kws"),
    Network("efficientnet-lite0", "imagenet", 127.0, 128.0),
    Network("mobilenet-v1-0.75", "imagenet", 127.5, 127.5),
)}
