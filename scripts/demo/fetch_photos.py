"""Takes photographs out of scikit-image's wheel, and cuts calibration pictures from them.

usage: fetch_photos.py FOLDER

FOLDER/photos gets the whole photographs, as they lie in the wheel; FOLDER/calibration gets 64 squares cut from them,
28 of them mirrored, always the same. The wheel is fetched with pip and not installed.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image, ImageOps

WHEEL = "scikit-image==0.26.0"
# Each photograph in the wheel, what it is called here, and how many calibration squares it gives. Drawings, scans of
# text, medical and astronomical pictures are left out, and so is the second half of the stereo pair.
PHOTOGRAPHS = [("astronaut.png", "astronaut.png", 9), ("brick.png", "brick.png", 3), ("camera.png", "camera.png", 6),
               ("chelsea.png", "cat.png", 9), ("coffee.png", "coffee.png", 9), ("coins.png", "coins.png", 4),
               ("grass.png", "grass.png", 3), ("gravel.png", "gravel.png", 3),
               ("motorcycle_left.png", "motorcycle.png", 9), ("rocket.jpg", "rocket.jpg", 9)]
SMALLEST, LARGEST = 0.55, 0.95  # side of a square, as a part of the photograph's short side


def download_wheel(folder):
    """Fetches the wheel into a folder; returns its path."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--only-binary=:all:", "--dest", folder, WHEEL], check=True)
    return next(Path(folder).glob("*.whl"))


def unpack_photographs(wheel, folder):
    """Copies the photographs out of the wheel."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for source, name, _ in PHOTOGRAPHS:
            (folder / name).write_bytes(archive.read(f"skimage/data/{source}"))


def cut_square(picture, chance):
    """A square of chance size at a chance place."""
    side = round(min(picture.size) * chance.uniform(SMALLEST, LARGEST))
    left, top = (round(chance.uniform(0, extent - side)) for extent in picture.size)
    return picture.crop((left, top, left + side, top + side))


def cut_calibration(photos, folder):
    """Cuts every photograph's squares; the first holds the whole height or width, every second one is mirrored."""
    folder.mkdir(parents=True)
    for _, name, count in PHOTOGRAPHS:
        chance = random.Random(name)
        with Image.open(photos / name) as file:
            picture = file.convert("RGB")
        for index in range(count):
            square = cut_square(picture, chance) if index else ImageOps.fit(picture, [min(picture.size)] * 2)
            square = ImageOps.mirror(square) if index % 2 else square
            square.save(folder / f"{Path(name).stem}-{index}.jpg", quality=95)


def replace_folder(made, target):
    """Puts a finished folder in the place of an old one."""
    shutil.rmtree(target, ignore_errors=True)
    os.replace(made, target)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as work:
        made = Path(work)
        unpack_photographs(download_wheel(work), made / "photos")
        cut_calibration(made / "photos", made / "calibration")
        for name in ("photos", "calibration"):
            replace_folder(made / name, target / name)


if __name__ == "__main__":
    main()
