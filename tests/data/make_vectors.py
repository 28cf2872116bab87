"""Makes tests/data/vectors/: what Pillow decodes and resizes, for our decoder and resampler to equal.

    python tests/data/make_vectors.py [DATA]        DATA: the folder of imagenet_val (for imagenet.csv)

Made with Pillow 13.0.0 and numpy 2.4.6. The files are kept in the repository: tests need no Python.
"""
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent / "vectors"
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "nearest": Image.NEAREST}
RESIZES = [  # height, width, channels -> height, width
    (13, 17, 3, 7, 5), (13, 17, 3, 31, 40), (13, 17, 3, 13, 9), (13, 17, 3, 20, 17), (1, 1, 3, 4, 3), (40, 7, 3, 8, 21),
    (31, 29, 1, 16, 64), (31, 29, 1, 5, 3), (64, 48, 3, 6, 5), (64, 48, 3, 56, 42), (9, 9, 3, 1, 1), (50, 2, 1, 3, 2),
    (60, 40, 3, 19, 20), (60, 40, 3, 20, 20),  # vertical first in Pillow 13, and just not

]
IMAGENET = [(0, 0.875, 224), (17, 1.0, 160), (400, 0.875, 224), (1299, 0.6, 96)]


def picture(height, width, channels, seed):
    """Smooth colours with noise and hard black and white edges, so that both clamps are met."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x / (3 + c) + c) * np.cos(y / (4 - c)) for c in range(channels)]
    pixels = np.stack(planes, axis=-1) + rng.normal(0, 12, (height, width, channels))
    pixels[height // 3: height // 2, width // 4:] = 255
    pixels[height // 2: height // 2 + 2] = 0
    return pixels.clip(0, 255).astype(np.uint8)


def image(pixels):
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def resize_vectors():
    arrays = {}
    for i, (h, w, c, to_h, to_w) in enumerate(RESIZES):
        source = picture(h, w, c, i)
        arrays[f"{i}_in"] = source
        for name, kind in FILTERS.items():
            arrays[f"{i}_{name}"] = np.asarray(image(source).resize((to_w, to_h), kind)).reshape(to_h, to_w, c)
    np.savez_compressed(HERE / "resize.npz", **arrays)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_16_bits(pixels):
    """An RGB PNG of 16 bits, which Pillow reads but does not write."""
    h, w, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def save_pictures(folder):
    rgb, rng = Image.fromarray(picture(23, 37, 3, 100)), np.random.default_rng(101)
    alpha = Image.fromarray(rng.integers(0, 256, (23, 37), dtype=np.uint8))
    rgb.save(folder / "420.jpg", quality=80, subsampling="4:2:0")
    rgb.save(folder / "422.jpg", quality=90, subsampling="4:2:2")
    rgb.save(folder / "444.jpg", quality=95, subsampling="4:4:4")
    rgb.save(folder / "progressive.jpg", quality=80, progressive=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(folder / "rotated_by_exif.jpg", quality=80, exif=exif)
    rgb.convert("L").save(folder / "grey.jpg", quality=80)
    rgb.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    rgb.save(folder / "rgb.png")
    rgb.convert("L").save(folder / "grey.png")
    rgb.convert("1").save(folder / "one_bit.png")
    rgb.quantize(40).save(folder / "palette.png")
    rgb.quantize(12).save(folder / "palette_4_bits.png", bits=4)
    rgb.quantize(40).save(folder / "palette_transparent.png", transparency=3)
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    rgba.save(folder / "rgba.png")
    rgba.convert("LA").save(folder / "grey_alpha.png")
    (folder / "rgb_16_bits.png").write_bytes(png_of_16_bits(rng.integers(0, 65536, (5, 7, 3))))
    Image.fromarray(rng.integers(0, 65536, (5, 7), dtype=np.uint16)).save(folder / "grey_16_bits.png")


def decode_vectors():
    folder = HERE / "pictures"
    save_pictures(folder)
    pixels = {}
    for file in sorted(folder.iterdir()):
        with Image.open(file) as opened:
            if opened.mode == "I;16":  # Pillow clips at 255; we keep the high byte
                grey = (np.asarray(opened) >> 8).astype(np.uint8)
                pixels[file.name] = np.stack([grey] * 3, axis=-1)
                continue
            pixels[file.name] = np.asarray(opened.convert("RGB"))
            pixels[file.name + " L"] = np.asarray(opened.convert("RGB").convert("L"))
            if opened.mode == "P":
                pixels[file.name + " P"] = np.asarray(opened)
    np.savez_compressed(HERE / "pixels.npz", **pixels)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def imagenet_vectors(data):
    files = sorted((data / "imagenet_val").iterdir())
    lines = ["index,fraction,size,filter,fnv1a"]
    for index, fraction, size in IMAGENET:
        for name, kind in FILTERS.items():
            opened = Image.open(files[index]).convert("RGB")
            side = round(fraction * min(opened.size))
            left, top = (opened.width - side) // 2, (opened.height - side) // 2
            sized = opened.crop((left, top, left + side, top + side)).resize((size, size), kind)
            lines.append(f"{index},{fraction},{size},{name},{fnv1a(np.asarray(sized).tobytes())}")
    (HERE / "imagenet.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    (HERE / "pictures").mkdir(parents=True, exist_ok=True)
    resize_vectors()
    decode_vectors()
    if len(sys.argv) > 1:
        imagenet_vectors(pathlib.Path(sys.argv[1]))
