"""What is in an archive from a learning platform, read so that nothing in it can do harm.

A zip is the students' work as much as a notebook is. Nothing is unpacked: the entries that may be taken are read, one
after the other, and each of the others is refused by its name.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

MAX_FILE, MAX_TOTAL, MAX_ENTRIES = 64 * 2**20, 4 * 2**30, 50_000
_MAX_RATIO = 200  # of a notebook's JSON, 20 is much
_SMALL = 2**20  # below this no ratio matters


@dataclass(frozen=True)
class File:
    """A file that was handed in: its path in the archive, when it was saved (UTC), and its bytes."""

    path: PurePosixPath
    saved: datetime
    content: bytes


@dataclass(frozen=True)
class Refused:
    """An entry that is not taken, by its name, and why."""

    name: str
    reason: str


def read(archive: Path) -> Iterator[File | Refused]:
    """The files of a zip, or of a folder, in the order of their names. Raises ValueError where it is neither."""
    if archive.is_dir():
        yield from _read_folder(archive)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            yield from _read_zip(opened)
    else:
        raise ValueError(f"{archive} is neither a zip nor a folder")


def _read_folder(folder: Path) -> Iterator[File | Refused]:
    for path in sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if path.is_symlink() or not path.is_file():
            yield Refused(str(name), "a link or a device, not a file")
        elif path.stat().st_size > MAX_FILE:
            yield Refused(str(name), f"larger than {MAX_FILE // 2**20} MB")
        else:
            yield File(name, datetime.fromtimestamp(path.stat().st_mtime, UTC), path.read_bytes())


def _read_zip(opened: zipfile.ZipFile) -> Iterator[File | Refused]:
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"{opened.filename} has {len(entries):,} entries: this is no class's archive")
    names = {id(entry): _name(entry) for entry in entries}
    # As a file system sees them that knows neither case nor Unicode's two ways to write an ü.
    same = Counter(_folded(name) for name in names.values() if name is not None)
    total = 0
    for entry in sorted(entries, key=lambda entry: entry.filename):
        name = names[id(entry)]
        reason = _reason(entry, name)
        if reason is None and same[_folded(name)] > 1:
            reason = "another entry has the same name"
        if reason is None and total + entry.file_size > MAX_TOTAL:
            reason = f"the archive holds more than {MAX_TOTAL // 2**30} GB"
        if reason is not None:
            yield Refused(entry.filename, reason)
            continue
        total += entry.file_size
        try:
            with opened.open(entry) as file:
                content = file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
            yield Refused(entry.filename, f"damaged or encrypted ({error})")
            continue
        yield File(PurePosixPath(name), _date(entry), content)


def _name(entry: zipfile.ZipInfo) -> str | None:
    """The entry's name; None where nobody can tell how it is encoded."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800 and not name.isascii():  # read as if by an old PC; in truth most write UTF-8
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return None
    return unicodedata.normalize("NFC", name)


def _folded(name: str | None) -> str:
    return (name or "").casefold()


def _reason(entry: zipfile.ZipInfo, name: str | None) -> str | None:
    if name is None:
        return "the encoding of its name is not known"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") for letter in name):
        return "its name holds characters that cannot be seen"
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/") or "\\" in name or ":" in parts[0]:
        return "its name leads out of the archive"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "a link or a device, not a file"
    if entry.file_size > MAX_FILE:
        return f"larger than {MAX_FILE // 2**20} MB"
    if entry.file_size > _SMALL and entry.file_size > _MAX_RATIO * max(1, entry.compress_size):
        return "it unpacks to more than anything reasonable"
    return None


def _date(entry: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:  # a zip can hold the 0th of January
        return datetime(1980, 1, 1, tzinfo=UTC)
