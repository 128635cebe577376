"""The images: from mirrors good and bad, from a folder, from the cache, and the samples that the packages hold.

The mirrors are real HTTP servers on this machine; what they serve are small made-up sets in the idx format.
"""

import errno
import gzip
import hashlib
import socket
import struct
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import autograder
import mlplab.data
from mlplab.data import FASHION_CLASSES, DataError, load_fashion_mnist, load_mnist, mirrors
from mlplab.data.files import SOURCES

LOADERS = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist}
NAMES = list(SOURCES["mnist"].md5)


@pytest.fixture(autouse=True)
def _nothing_of_this_computer(monkeypatch, tmp_path):
    """No request leaves it, and none of its settings, files and caches count."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self, address):
        assert address[0] == "127.0.0.1"
        return connect(self, address)

    def look_up_here(host, *arguments, **options):
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "no network in the tests")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "caches" / project)
    monkeypatch.delenv("MLPLAB_DATA", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(mlplab.data, "SYSTEM_FOLDER", tmp_path / "system")


# Made-up sets


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def made_up(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = [(30, 28, 28), (30,), (20, 28, 28), (20,)]
    return {name: rng.integers(256 if len(shape) == 3 else 10, size=shape, dtype=np.uint8)
            for name, shape in zip(NAMES, shapes, strict=True)}


DIGITS, CLOTHES = made_up(1), made_up(2)


@pytest.fixture
def small_sets(monkeypatch):
    """Puts the made-up sets in the place of the true ones; the mirrors of DIGITS can be given."""
    def put(*addresses: str) -> None:
        for key, arrays in (("mnist", DIGITS), ("fashion_mnist", CLOTHES)):
            md5 = {name: hashlib.md5(idx(array)).hexdigest() for name, array in arrays.items()}
            monkeypatch.setitem(SOURCES, key, SOURCES[key]._replace(mirrors=addresses, md5=md5))

    put()
    return put


def holds(dataset: mlplab.data.Dataset, arrays: dict[str, np.ndarray]) -> bool:
    """Whether a dataset loaded as uint8 is this made-up set."""
    return all(np.array_equal(field, array.reshape(len(array), -1).squeeze())
               for field, array in zip(dataset, arrays.values(), strict=True))


# Mirrors


class Mirror:
    """A server of the made-up digits.

    Attributes:
        address: where it listens; asked_for: the names it was asked for.
    """

    def __init__(self, answer) -> None:
        mirror, self.asked_for, self.test_is_over = self, [], threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/").removesuffix(".gz")
                mirror.asked_for.append(name)
                answer(mirror, self, idx(DIGITS[name]))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.test_is_over.set()
            self.server.shutdown()
            self.server.server_close()
            thread.join()


@pytest.fixture
def mirror():
    """mirror(answer) starts a mirror that answers this way until the test is over."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(Mirror(answer).running())


def send(handler: BaseHTTPRequestHandler, body: bytes, *, length: int | None = None, **headers: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def serves(mirror, handler, content):
    send(handler, gzip.compress(content))


def serves_as_encoding(mirror, handler, content):
    """Says that gzip is of the transfer and not of the file, as some servers do."""
    send(handler, gzip.compress(content), Content_Encoding="gzip")


def serves_without_length(mirror, handler, content):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(gzip.compress(content))


def breaks_off(mirror, handler, content):
    packed = gzip.compress(content)
    send(handler, packed[:len(packed) // 2], length=len(packed))


def sends_half(mirror, handler, content):
    packed = gzip.compress(content)
    send(handler, packed[:len(packed) // 2])


def sends_half_unpacked(mirror, handler, content):
    send(handler, content[:len(content) // 2])


def changes_a_pixel(mirror, handler, content):
    send(handler, gzip.compress(content[:-1] + bytes([content[-1] ^ 1])))


def damages_the_packing(mirror, handler, content):
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2] ^= 255
    send(handler, bytes(packed))


def shows_a_page(mirror, handler, content):
    send(handler, b"<!doctype html><title>Welcome to our Wi-Fi</title>", Content_Type="text/html")


def stalls(mirror, handler, content):
    """At the first request, since waiting for it takes time."""
    if len(mirror.asked_for) > 1:
        return is_overloaded(mirror, handler, content)
    mirror.test_is_over.wait()


def stalls_half_way(mirror, handler, content):
    """At the first request."""
    if len(mirror.asked_for) > 1:
        return is_overloaded(mirror, handler, content)
    packed = gzip.compress(content)
    send(handler, packed[:len(packed) // 2], length=len(packed))
    handler.wfile.flush()
    mirror.test_is_over.wait()


def is_overloaded(mirror, handler, content):
    handler.send_error(503)


def has_moved(mirror, handler, content):
    handler.send_error(404)


def refuses() -> str:
    """The address of a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


SENDS_BAD_FILES = {
    breaks_off: "broke off",
    sends_half: "is cut short",
    sends_half_unpacked: "is cut short, at 11,768 of 23,536 bytes",
    changes_a_pixel: "has the checksum",
    damages_the_packing: "cannot be unpacked",
    shows_a_page: "does not begin as an idx file does",
}
OUT_OF_REACH = {
    stalls: "did not answer",
    stalls_half_way: "did not answer",
    is_overloaded: "answered 503",
    has_moved: "answered 404",
}


def impatient(monkeypatch, answer) -> None:
    if answer in (stalls, stalls_half_way):
        monkeypatch.setattr(mirrors, "TIMEOUT", 1)


@pytest.mark.parametrize("answer", [serves, serves_as_encoding, serves_without_length])
def test_a_set_is_downloaded_once(answer, mirror, small_sets, tmp_path, capsys):
    server = mirror(answer)
    small_sets(server.address)
    assert holds(load_mnist(cache=tmp_path / "cache", dtype="uint8"), DIGITS)
    assert server.asked_for == NAMES
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("B/s") >= len(NAMES)  # the progress bars

    assert holds(load_mnist(cache=tmp_path / "cache", dtype="uint8"), DIGITS)
    assert server.asked_for == NAMES
    assert capsys.readouterr() == ("", "")
    assert sorted(path.name for path in (tmp_path / "cache/mnist").iterdir()) == sorted(NAMES)


def test_the_cache_is_where_the_operating_system_has_its_caches(mirror, small_sets, tmp_path):
    small_sets(mirror(serves).address)
    load_mnist()
    assert (tmp_path / "caches/mlplab/mnist" / NAMES[0]).read_bytes() == idx(DIGITS[NAMES[0]])


def test_a_cache_is_a_folder_like_any_other(mirror, small_sets, tmp_path):
    small_sets(mirror(serves).address)
    load_mnist(cache=tmp_path)
    assert holds(load_mnist(folder=tmp_path, dtype="uint8"), DIGITS)


@pytest.mark.parametrize("answer", [*SENDS_BAD_FILES, *OUT_OF_REACH])
def test_mirrors_are_tried_in_turn(answer, mirror, small_sets, monkeypatch, tmp_path):
    impatient(monkeypatch, answer)
    first, second = mirror(answer), mirror(serves)
    small_sets(refuses(), first.address, second.address)
    assert holds(load_mnist(cache=tmp_path, dtype="uint8"), DIGITS)
    assert first.asked_for == second.asked_for == NAMES


def is_one_sentence(message: str) -> bool:
    return "\n" not in message and message.endswith(".") and ". " not in message and "sample=True" in message


@pytest.mark.parametrize(("answer", "words"), SENDS_BAD_FILES.items())
def test_a_bad_file_is_refused_and_not_kept(answer, words, mirror, small_sets, tmp_path):
    small_sets(refuses(), mirror(answer).address)
    with pytest.raises(DataError) as refused:
        load_mnist(cache=tmp_path)
    message = str(refused.value)
    assert is_one_sentence(message)
    assert f"{NAMES[0]} of MNIST" in message
    assert "127.0.0.1 did not answer; 127.0.0.1 " in message
    assert words in message
    assert list((tmp_path / "mnist").iterdir()) == []


@pytest.mark.parametrize(("answer", "words"), OUT_OF_REACH.items())
def test_out_of_reach_it_is_the_sample_unless_the_full_set_is_asked_for(
        answer, words, mirror, small_sets, monkeypatch, tmp_path, capsys):
    impatient(monkeypatch, answer)
    small_sets(refuses(), mirror(answer).address)
    with pytest.raises(DataError) as refused:
        load_mnist(cache=tmp_path, sample=False)
    message = str(refused.value)
    assert is_one_sentence(message)
    assert words in message
    assert list((tmp_path / "mnist").iterdir()) == []
    assert len(load_mnist(cache=tmp_path).train_images) == 4000
    assert capsys.readouterr().out == ("MNIST, whose mirrors cannot be reached: the bundled sample of "
                                       "4,000 training and 1,000 test images\n")


@pytest.mark.parametrize("name", LOADERS)
def test_without_a_network_it_is_the_sample(name, capsys):
    assert len(LOADERS[name]().train_images) == 4000
    assert "cannot be reached" in capsys.readouterr().out


def test_what_was_downloaded_before_the_mirror_went_is_kept(mirror, small_sets, tmp_path):
    small_sets(mirror(lambda mirror, handler, content:
                      (serves if len(mirror.asked_for) < 3 else is_overloaded)(mirror, handler, content)).address)
    with pytest.raises(DataError):
        load_mnist(cache=tmp_path, sample=False)
    back = mirror(serves)
    small_sets(back.address)
    assert holds(load_mnist(cache=tmp_path, dtype="uint8"), DIGITS)
    assert back.asked_for == NAMES[2:]


def test_a_damaged_file_in_the_cache_is_downloaded_again(mirror, small_sets, tmp_path):
    server = mirror(serves)
    small_sets(server.address)
    load_mnist(cache=tmp_path)
    (tmp_path / "mnist" / NAMES[2]).write_bytes(b"half")
    assert holds(load_mnist(cache=tmp_path, dtype="uint8"), DIGITS)
    assert server.asked_for == [*NAMES, NAMES[2]]


def test_a_damaged_file_in_the_cache_goes_even_if_no_other_can_be_had(mirror, small_sets, tmp_path):
    small_sets(mirror(serves).address)
    load_mnist(cache=tmp_path)
    damaged = tmp_path / "mnist" / NAMES[2]
    damaged.write_bytes(b"half")
    small_sets(refuses())
    with pytest.raises(DataError):
        load_mnist(cache=tmp_path, sample=False)
    assert not damaged.exists()


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOSPC, "There is no room for MNIST in"),
    (errno.EDQUOT, "There is no room for MNIST in"),
    (errno.EIO, "which does not let itself be read and written"),
])
def test_a_full_disk_leaves_nothing_half_written(number, words, mirror, small_sets, monkeypatch, tmp_path):
    small_sets(mirror(serves).address)
    monkeypatch.setattr(Path, "write_bytes", _fails_half_way(OSError(number, "as simulated")))
    with pytest.raises(DataError) as refused:
        load_mnist(cache=tmp_path)
    message = str(refused.value)
    assert is_one_sentence(message)
    assert words in message
    assert str(tmp_path) in message
    assert list((tmp_path / "mnist").iterdir()) == []


def test_nor_does_an_interruption(mirror, small_sets, monkeypatch, tmp_path):
    small_sets(mirror(serves).address)
    monkeypatch.setattr(Path, "write_bytes", _fails_half_way(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        load_mnist(cache=tmp_path)
    assert list((tmp_path / "mnist").iterdir()) == []


def _fails_half_way(error: BaseException):
    def write_bytes(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:len(content) // 2])
        raise error
    return write_bytes


def test_a_cache_that_is_no_folder_is_told(mirror, small_sets, tmp_path):
    server = mirror(serves)
    small_sets(server.address)
    (tmp_path / "mnist").write_text("not a folder")
    with pytest.raises(DataError, match="does not let itself be read and written: name another folder"):
        load_mnist(cache=tmp_path)
    assert server.asked_for == []


# A folder


def fill(folder: Path, arrays: dict[str, np.ndarray], naming: str = "{}.gz") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        path = folder / naming.format(name)
        path.write_bytes(gzip.compress(idx(array)) if path.suffix == ".gz" else idx(array))


@pytest.mark.parametrize("key", LOADERS)
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_under_every_usual_naming(key, dotted, suffix, small_sets, tmp_path):
    arrays = {"mnist": DIGITS, "fashion_mnist": CLOTHES}[key]
    for number, sub_folder in enumerate([".", *SOURCES[key].folders]):
        folder = tmp_path / str(number)
        (folder / sub_folder).mkdir(parents=True)
        for name, array in arrays.items():
            path = folder / sub_folder / ((name.replace("-idx", ".idx") if dotted else name) + suffix)
            path.write_bytes(gzip.compress(idx(array)) if suffix else idx(array))
        assert holds(LOADERS[key](folder=folder, dtype="uint8"), arrays)
        assert holds(LOADERS[key](folder=str(folder), dtype="uint8"), arrays)


def test_usual_sub_folders():
    assert {"mnist", "MNIST/raw"} <= set(SOURCES["mnist"].folders)
    assert {"fashion-mnist", "FashionMNIST/raw"} <= set(SOURCES["fashion_mnist"].folders)


def test_a_folder_that_the_environment_names(small_sets, monkeypatch, tmp_path):
    fill(tmp_path / "here", DIGITS)
    monkeypatch.setenv("MLPLAB_DATA", str(tmp_path / "here"))
    assert holds(load_mnist(dtype="uint8"), DIGITS)
    fill(tmp_path / "there", DIGITS, naming="{}")
    monkeypatch.setenv("MLPLAB_DATA", "no such folder")
    assert holds(load_mnist(folder=tmp_path / "there", dtype="uint8"), DIGITS)
    with pytest.raises(DataError, match="no such folder holds no train-images-idx3-ubyte"):
        load_mnist()
    assert len(load_mnist(sample=True).train_images) == 4000


def test_both_sets_in_one_folder(small_sets, tmp_path):
    fill(tmp_path, DIGITS)
    fill(tmp_path / "fashion-mnist", CLOTHES)
    assert holds(load_mnist(folder=tmp_path, dtype="uint8"), DIGITS)
    assert holds(load_fashion_mnist(folder=tmp_path, dtype="uint8"), CLOTHES)


def test_debians_package_is_found(small_sets, monkeypatch, tmp_path):
    monkeypatch.setattr(mlplab.data, "SYSTEM_FOLDER", tmp_path / "datasets")
    fill(tmp_path / "datasets/fashion-mnist", CLOTHES)
    assert holds(load_fashion_mnist(dtype="uint8"), CLOTHES)
    assert len(load_mnist().train_images) == 4000


PACKED = gzip.compress(idx(DIGITS[NAMES[0]]))


@pytest.mark.parametrize(("name", "content", "words"), [
    (f"{NAMES[0]}.gz", PACKED[:-100], "is cut short"),
    (f"{NAMES[0]}.gz", PACKED[:10] + b"nonsense" + PACKED[18:], "cannot be unpacked"),
    (f"{NAMES[0]}.gz", gzip.compress(idx(CLOTHES[NAMES[0]])), "has the checksum"),
    (NAMES[0], idx(DIGITS[NAMES[0]])[:-1], "is cut short, at 23,535 of 23,536 bytes"),
    (NAMES[0], idx(DIGITS[NAMES[0]]) + b"0", "goes on after its last entry, with 23,537 instead of 23,536 bytes"),
    (NAMES[0], idx(DIGITS[NAMES[1]]), "does not begin as an idx file does"),
    (NAMES[0], b"", "is cut short"),
])
def test_a_damaged_file_in_a_folder_is_named_and_left_alone(name, content, words, small_sets, tmp_path):
    fill(tmp_path, DIGITS)
    (tmp_path / f"{NAMES[0]}.gz").unlink()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as refused:
        load_mnist(folder=tmp_path)
    message = str(refused.value)
    assert is_one_sentence(message)
    assert str(tmp_path / name) in message
    assert words in message
    assert (tmp_path / name).read_bytes() == content


def test_an_unreadable_file_in_a_folder_is_named(small_sets, monkeypatch, tmp_path):
    fill(tmp_path, DIGITS)

    def read_bytes(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(DataError, match=r"ubyte.gz cannot be read \(Permission denied\)"):
        load_mnist(folder=tmp_path)


# The samples


@pytest.mark.parametrize("name", LOADERS)
def test_the_sample(name, capsys):
    images = LOADERS[name](sample=True)
    assert capsys.readouterr().out == (f"{SOURCES[name].title}: the bundled sample of 4,000 training and "
                                       "1,000 test images\n")
    for rows, labels, n in ((images.train_images, images.train_labels, 4000),
                            (images.test_images, images.test_labels, 1000)):
        assert rows.shape == (n, 784)
        assert rows.dtype == np.float32
        assert rows.min() == 0
        assert rows.max() == 1
        assert labels.shape == (n,)
        assert labels.dtype == np.int64
        assert np.bincount(labels).tolist() == [n // 10] * 10
    assert len({row.tobytes() for rows in (images.train_images, images.test_images) for row in rows}) == 5000


@pytest.mark.parametrize("name", LOADERS)
def test_bytes_on_request(name):
    numbers, pixels = LOADERS[name](sample=True), LOADERS[name](sample=True, dtype=np.uint8)
    assert pixels.train_images.dtype == pixels.test_images.dtype == np.uint8
    assert np.array_equal(numbers.train_images, pixels.train_images / np.float32(255))
    assert np.array_equal(numbers.test_labels, pixels.test_labels)


@pytest.mark.parametrize("dtype", ["float64", int, bool])
def test_no_other_dtype(dtype):
    with pytest.raises(ValueError, match="dtype must be float32 or uint8"):
        load_mnist(sample=True, dtype=dtype)


def test_arrays_are_the_callers_own():
    first = load_mnist(sample=True, dtype="uint8")
    first.train_images[:] = 0
    first.test_labels[:] = 0
    assert load_mnist(sample=True).train_images.any()


@pytest.mark.parametrize("sample", [None, True, False])
@pytest.mark.parametrize("name", LOADERS)
def test_grading_takes_the_sample(name, sample, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert len(LOADERS[name](sample=sample, folder="no such folder").train_images) == 4000
    assert "as always in grading" in capsys.readouterr().out


def test_ten_classes_of_clothes_have_a_name():
    assert len(set(FASHION_CLASSES)) == 10


HELD_OUT = Path(autograder.__file__).parent / "data/fashion_heldout.npz"


def test_what_stage_07_is_graded_on_is_not_in_the_sample():
    sample = load_fashion_mnist(sample=True, dtype="uint8")
    with np.load(HELD_OUT) as held_out:
        images, labels = held_out["images"], held_out["labels"]
    assert images.shape == (2000, 784)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [200] * 10
    seen = {row.tobytes() for rows in (sample.train_images, sample.test_images) for row in rows}
    assert seen.isdisjoint(row.tobytes() for row in images)


def test_every_sample_comes_with_its_licence():
    package = Path(mlplab.data.__file__).parent
    assert "Attribution-ShareAlike 3.0 Unported" in (package / "mnist/LICENSE").read_text()
    assert "Zalando SE" in (package / "fashion_mnist/LICENSE").read_text()
    assert "Zalando SE" in HELD_OUT.with_name("LICENSE").read_text()
    assert sum(path.stat().st_size for path in package.rglob("*.npz")) < 3.1e6
