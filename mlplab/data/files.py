"""The files of MNIST and Fashion-MNIST: their names and checksums, the idx format, and how to find them in a folder.

The idx format (described on the page of MNIST, http://yann.lecun.com/exdb/mnist/): two zero bytes, the type of the
entries (8: unsigned bytes), the number of dimensions, each dimension as a big-endian 32-bit integer, the entries.
"""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np


class DataError(Exception):
    """The images cannot be had. The message is one sentence: what is in the way, and what to do."""


class Damaged(ValueError):
    """Bytes that are not the file they should be; the message goes on after "the file"."""


class Source(NamedTuple):
    """Where a set's four files come from.

    Attributes:
        title: the set's name.
        mirrors: addresses to which a file's name and ".gz" are appended, in the order to try.
        folders: the sub-folders in which the files usually lie; the first one is used in the cache.
        md5: by file name, the checksum of the bytes before gzip, since they are packed anew here and there. In the
            order training images, training labels, test images, test labels.
    """

    title: str
    mirrors: tuple[str, ...]
    folders: tuple[str, ...]
    md5: Mapping[str, str]


SOURCES = {
    "mnist": Source(
        "MNIST",
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        ("mnist", "MNIST", "MNIST/raw"),
        {
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
    ),
    "fashion_mnist": Source(
        "Fashion-MNIST",
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        ("fashion-mnist", "fashion_mnist", "FashionMNIST", "FashionMNIST/raw"),
        {
            "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
        },
    ),
}


def from_folder(source: Source, folder: Path) -> list[np.ndarray]:
    """Reads the four files of a set from a folder, or from one of the set's usual sub-folders.

    Returns: uint8 arrays in the order of `source.md5`; images (N, 28, 28), labels (N,).
    Raises: DataError where a file is missing, unreadable, damaged or of another set. The files are left alone.
    """
    arrays = []
    for name, md5 in source.md5.items():
        path = _find(source, folder, name)
        if path is None:
            raise DataError(f"{folder} holds no {name} (nor {name}.gz) of {source.title}: name another folder, or "
                            "take the bundled sample with sample=True.")
        try:
            arrays.append(parse(unpacked(path.read_bytes()), name, md5))
        except Damaged as damage:
            raise DataError(f"{path} is not the file of {source.title} that it should be: it {damage}; replace it, "
                            "or take the bundled sample with sample=True.") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}): make it readable, or take the bundled sample "
                            "with sample=True.") from None
    return arrays


def is_complete(source: Source, folder: Path) -> bool:
    """Whether `from_folder` would find the four files there."""
    return all(_find(source, folder, name) for name in source.md5)


def _find(source: Source, folder: Path, name: str) -> Path | None:
    # In sub-folders first: MNIST's files may lie in the folder itself, and they have the same names.
    for sub_folder in (*source.folders, "."):
        for stem in (name, name.replace("-idx", ".idx")):
            for suffix in ("", ".gz"):
                path = folder / sub_folder / f"{stem}{suffix}"
                if path.is_file():
                    return path
    return None


def unpacked(content: bytes) -> bytes:
    """What was packed with gzip; other bytes as they are.

    Raises: Damaged.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise Damaged("is cut short") from None
    except (OSError, zlib.error):
        raise Damaged("cannot be unpacked") from None


def parse(content: bytes, name: str, md5: str) -> np.ndarray:
    """The array that an idx file holds.

    Inputs:
        content: the file, not packed.
        name: the file's name, which tells the number of dimensions: "idx3" or "idx1".
        md5: what its checksum should be.
    Returns: uint8, read-only.
    Raises: Damaged.
    """
    n_dimensions = 3 if "idx3" in name else 1
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise Damaged("is cut short")
    if content[:4] != bytes([0, 0, 8, n_dimensions]):
        raise Damaged("does not begin as an idx file does")
    shape = struct.unpack_from(f">{n_dimensions}I", content, 4)
    expected = start + math.prod(shape)
    if len(content) < expected:
        raise Damaged(f"is cut short, at {len(content):,} of {expected:,} bytes")
    if len(content) > expected:
        raise Damaged(f"goes on after its last entry, with {len(content):,} instead of {expected:,} bytes")
    if (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != md5:
        raise Damaged(f"has the checksum {found}, not {md5}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
