"""MNIST and Fashion-MNIST as arrays, in full or as the sample that comes with this package.

The full sets have 60,000 training and 10,000 test images each. They are taken from the first of these that there is:

1. the folder named by `folder`, or else by the environment variable MLPLAB_DATA, which holds the four idx files, packed
   with gzip or not, under any of their usual names (train-images-idx3-ubyte.gz, train-images.idx3-ubyte, …), itself or
   in a sub-folder such as mnist, MNIST/raw, fashion-mnist, FashionMNIST/raw;
2. the folder of Debian's package dataset-fashion-mnist;
3. the cache, 55 MB a set, into which they are downloaded once.

The samples have 4,000 training and 1,000 test images each, with 400 and 100 of each class, in random order. MNIST's are
all from MNIST's training images, so nothing trained on the full set can be tested on them. Fashion-MNIST's are from its
training and test images. The LICENSE beside each sample says how it was drawn, and who holds the copyright.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from mlplab.data.files import SOURCES, DataError, Source, from_folder, is_complete

__all__ = ["FASHION_CLASSES", "DataError", "Dataset", "load_fashion_mnist", "load_mnist"]

FASHION_CLASSES = ("T-shirt/top", "trouser", "pullover", "dress", "coat",
                   "sandal", "shirt", "sneaker", "bag", "ankle boot")

SYSTEM_FOLDER = Path("/usr/share/datasets")


class Dataset(NamedTuple):
    """Images and their labels.

    Attributes:
        train_images: (N, 784), a row an image of 28 × 28 pixels, row by row; float32 in [0, 1], or uint8 in [0, 255].
        train_labels: (N,), int64 in 0 … 9.
        test_images, test_labels: the same of the test images.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_mnist(
    *,
    sample: bool | None = None,
    folder: str | os.PathLike | None = None,
    cache: str | os.PathLike | None = None,
    dtype: DTypeLike = np.float32,
) -> Dataset:
    """MNIST: handwritten digits (Y. LeCun, C. Cortes and C. J. C. Burges).

    Inputs:
        sample: True for the bundled sample, False for the full set, None for the full set or, where no mirror can be
            reached, the sample. While nbgrader grades it is always the sample. A printed line says that it is.
        folder: a folder that holds the set's files; by default that of the environment variable MLPLAB_DATA.
        cache: a folder for what is downloaded; by default `mlplab` in the operating system's folder for caches.
        dtype: float32 for pixels in [0, 1], uint8 for pixels in [0, 255].
    Returns: a Dataset: 60,000 + 10,000 images, or a sample of 4,000 + 1,000.
    Raises: DataError, whose one sentence says what to do, where the images cannot be had; ValueError for another dtype.
    """
    return _load("mnist", sample, folder, cache, dtype)


def load_fashion_mnist(
    *,
    sample: bool | None = None,
    folder: str | os.PathLike | None = None,
    cache: str | os.PathLike | None = None,
    dtype: DTypeLike = np.float32,
) -> Dataset:
    """Fashion-MNIST: pieces of clothing (H. Xiao, K. Rasul and R. Vollgraf, 2017); FASHION_CLASSES names the labels.

    Inputs, Returns, Raises: as load_mnist.
    """
    return _load("fashion_mnist", sample, folder, cache, dtype)


def _load(name: str, sample: bool | None, folder: str | os.PathLike | None, cache: str | os.PathLike | None,
          dtype: DTypeLike) -> Dataset:
    if np.dtype(dtype) not in (np.float32, np.uint8):
        raise ValueError(f"dtype must be float32 or uint8, not {np.dtype(dtype)}")
    source = SOURCES[name]
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        arrays = _sample(name, f"{source.title}, as always in grading")
    elif sample:
        arrays = _sample(name, source.title)
    elif folder := folder or os.environ.get("MLPLAB_DATA"):
        arrays = from_folder(source, Path(folder).expanduser())
    elif is_complete(source, SYSTEM_FOLDER):
        arrays = from_folder(source, SYSTEM_FOLDER)
    else:
        arrays = _from_mirrors(name, source, cache, offline_too=sample is None)
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(_as_rows(train_images, dtype), train_labels.astype(np.int64),
                   _as_rows(test_images, dtype), test_labels.astype(np.int64))


def _from_mirrors(name: str, source: Source, cache: str | os.PathLike | None, offline_too: bool) -> list[np.ndarray]:
    # Imported here: whoever takes the sample need not wait for what downloads.
    import pooch

    from mlplab.data.mirrors import NoMirrorAnswers, from_mirrors

    try:
        return from_mirrors(source, Path(cache or pooch.os_cache("mlplab")).expanduser())
    except NoMirrorAnswers:
        if not offline_too:
            raise
        return _sample(name, f"{source.title}, whose mirrors cannot be reached")


def _sample(name: str, introduction: str) -> list[np.ndarray]:
    """The bundled sample; prints a line that says so."""
    with np.load(Path(__file__).parent / name / "sample.npz") as arrays:
        sample = [arrays[field] for field in Dataset._fields]
    print(f"{introduction}: the bundled sample of {len(sample[1]):,} training and {len(sample[3]):,} test images")
    return sample


def _as_rows(images: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    rows = images.reshape(len(images), -1).astype(dtype)
    if rows.dtype == np.float32:
        rows /= 255
    return rows
