"""Reads a PyTorch state dictionary (.pth) without PyTorch.

Only the format before PyTorch 1.6 is read: five pickles (magic number, protocol version, system, the dictionary, the
order of the storages), then for each storage its number of elements and its raw little-endian contents. The pickles
may name nothing but OrderedDict, tensors and the storages listed below; anything else is refused, never executed.
"""
import pickle
import struct
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8",
          "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1"}


class Storage(NamedTuple):
    """A run of elements in the file, not yet read."""
    dtype: np.dtype
    key: str
    elements: int


class StoredTensor(NamedTuple):
    """A tensor as the pickle describes it: a part of a storage."""
    storage: Storage
    offset: int
    shape: tuple
    strides: tuple


def rebuild_tensor(storage, offset, shape, strides, *_):
    """Stands in for torch._utils._rebuild_tensor_v2; the tensor must lie inside its storage."""
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if offset < 0 or min(shape, default=1) < 1 or min(strides, default=0) < 0 or last >= storage.elements:
        raise pickle.UnpicklingError(f"a tensor of shape {shape} reaches beyond its storage")
    return StoredTensor(storage, offset, tuple(shape), tuple(strides))


class StateUnpickler(pickle.Unpickler):
    """An unpickler that knows tensors, storages and OrderedDict, and nothing else."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return rebuild_tensor
        if module == "torch" and name in DTYPES:
            return np.dtype(DTYPES[name])
        raise pickle.UnpicklingError(f"the file names {module}.{name}, which no weights need")

    def persistent_load(self, pid):
        kind, dtype, key, _location, elements, view = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or view is not None:
            raise pickle.UnpicklingError(f"the file refers to something that is no plain storage: {pid!r}")
        return Storage(dtype, key, elements)


def read_storages(file, order, storages):
    """The contents of every storage, in the order in which they lie in the file."""
    contents = {}
    for key in order:
        storage = storages[key]
        (elements,) = struct.unpack("<q", file.read(8))
        raw = file.read(elements * storage.dtype.itemsize)
        if elements != storage.elements or len(raw) != elements * storage.dtype.itemsize:
            raise ValueError(f"storage {key} is truncated or of another size than stated")
        contents[key] = np.frombuffer(raw, storage.dtype)
    return contents


def tensor_contents(tensor, contents):
    """A tensor as a contiguous array."""
    part = contents[tensor.storage.key][tensor.offset:]
    strides = [stride * part.itemsize for stride in tensor.strides]
    return np.ascontiguousarray(as_strided(part, tensor.shape, strides)).reshape(tensor.shape)


def read_state(path):
    """The tensors of a state dictionary by name, as numpy arrays."""
    with open(path, "rb") as file:
        try:
            magic, version, system = (StateUnpickler(file).load() for _ in range(3))
        except pickle.UnpicklingError as error:
            raise ValueError(f"{path} holds no PyTorch weights in the format before 1.6: {error}") from error
        if (magic, version) != (MAGIC_NUMBER, PROTOCOL_VERSION) or not system["little_endian"]:
            raise ValueError(f"{path} holds no little-endian PyTorch weights in the format before 1.6")
        tensors = StateUnpickler(file).load()
        order = StateUnpickler(file).load()
        contents = read_storages(file, order, {t.storage.key: t.storage for t in tensors.values()})
    return {name: tensor_contents(tensor, contents) for name, tensor in tensors.items()}
