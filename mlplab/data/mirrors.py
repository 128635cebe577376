"""Downloads the full sets, each file from the first mirror that sends it whole, and keeps them in a cache."""

import errno
import io
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pooch
import requests

from mlplab.data.files import Damaged, DataError, Source, parse, unpacked

# To connect, and between two pieces of an answer, in seconds.
TIMEOUT = (5, 15)


class NoMirrorAnswers(DataError):
    """None of the mirrors can be reached: this computer is offline, or they are."""


def from_mirrors(source: Source, cache: Path) -> list[np.ndarray]:
    """Reads the four files of a set from the cache, where they are kept unpacked, and first downloads those that are
    not there or damaged.

    A file appears in the cache whole and checked, or not at all.

    Returns: uint8 arrays in the order of `source.md5`; images (N, 28, 28), labels (N,).
    Raises: NoMirrorAnswers; DataError where mirrors answer, but none with the right file, or where the cache cannot
        be written.
    """
    folder = cache / source.folders[0]
    try:
        return [_fetch(source, folder, name, md5) for name, md5 in source.md5.items()]
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            problem = f"There is no room for {source.title} in {folder}, where it takes 55 MB"
        else:
            problem = f"{source.title} cannot be kept in {folder}, which does not let itself be read and written"
        raise DataError(f"{problem}: name another folder with cache=…, or take the bundled sample with "
                        "sample=True.") from None


def _fetch(source: Source, folder: Path, name: str, md5: str) -> np.ndarray:
    failures, answered = [], False
    for mirror in source.mirrors:
        try:
            path = pooch.retrieve(f"{mirror}{name}.gz", f"md5:{md5}", name, folder,
                                  downloader=partial(_download, name=name, md5=md5))
            return parse(Path(path).read_bytes(), name, md5)
        except requests.HTTPError as error:
            failure = f"answered {error.response.status_code}"
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            failure, answered = "broke off", True
        except requests.RequestException:
            failure = "did not answer"
        except Damaged as damage:
            failure, answered = f"sent a file that {damage}", True
        failures.append(f"{urlsplit(mirror).hostname} {failure}")
    (folder / name).unlink(missing_ok=True)  # If it is there, it is damaged.
    raise (DataError if answered else NoMirrorAnswers)(
        f"{name} of {source.title} could not be downloaded ({'; '.join(failures)}): try again later, name a folder "
        "that holds the files, with folder=… or MLPLAB_DATA, or take the bundled sample with sample=True.")


def _download(url: str, target: str, _: None, *, name: str, md5: str) -> None:
    """A downloader for pooch, which moves `target` to its place afterwards; it writes the file checked and unpacked."""
    received = io.BytesIO()
    pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=TIMEOUT)(url, received, None)
    content = unpacked(received.getvalue())
    parse(content, name, md5)
    Path(target).write_bytes(content)
