"""The channel between the grader and a student's process: what crosses it, and what happens to what must not."""

import json
import random
import socket
import struct
import threading
from collections import OrderedDict, deque, namedtuple

import numpy as np
import pytest

from autograder.sandbox.inside import channel as channel_module
from autograder.sandbox.inside import values
from autograder.sandbox.inside.channel import Channel, ChannelClosed, ChannelError, ValueTooLarge
from autograder.sandbox.inside.values import Opaque, decode, encode

NONCE = bytes(range(16))


def through(value, **options):
    """The value as the other side gets it, JSON included."""
    tree, body = encode(value, **options)
    return decode(json.loads(json.dumps(tree)), body)


def same(one, other):
    if isinstance(one, np.ndarray | np.generic):
        return (isinstance(one, np.ndarray) == isinstance(other, np.ndarray) and one.dtype == other.dtype
                and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return type(one) is type(other) and (one == other or one != one and other != other)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield Channel(ours, NONCE), theirs
    ours.close()
    theirs.close()


# Values


@pytest.mark.parametrize("value", [
    None, True, False, 0, -1, 2**1023, 0.1, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, "", "größer",
    [], (), {}, [1, [2.5, ["three"]]], (1, (2, (3,))), {"a": {"b": {"c": 1}}}, {2: 2, 2.5: 3, True: 4, "x": None},
    [(np.zeros((2, 3)), np.ones(3)), (np.zeros((3, 1)), np.ones(1))],
], ids=repr)
def test_plain_values_cross_unchanged(value):
    assert same(value, through(value))


@pytest.mark.parametrize("dtype", ["?", "b", "h", "i", "l", "q", "B", "H", "I", "L", "Q", "e", "f", "d", ">f8", ">i4"])
def test_arrays_and_scalars_cross_to_the_bit(dtype):
    data = np.random.default_rng(1).integers(0, 2, (3, 1, 5)).astype(dtype)
    native = data.astype(data.dtype.newbyteorder("="))
    assert same(native, through(data))
    assert same(native[0, 0, 0], through(data[0, 0, 0]))


@pytest.mark.parametrize("array", [
    np.zeros(()), np.zeros((0, 3)), np.arange(12.0).reshape(3, 4).T, np.arange(10)[::-2],
    np.broadcast_to(np.float32(2), (3, 2)), np.array([np.nan, -0.0, np.inf]),
], ids=["0-d", "empty", "transposed", "strided", "broadcast", "special"])
def test_arrays_of_every_layout_arrive_fresh_and_writable(array):
    arrived = through(array)
    assert same(np.array(array), arrived)
    arrived[...] = 1


def test_subclasses_become_what_they_derive_from():
    assert type(through(np.ma.masked_array([1.0, 2.0], [True, False]))) is np.ndarray
    assert type(through(np.array([[1.0]]).view(np.matrix))) is np.ndarray
    assert same((1, 2.0), through(namedtuple("Pair", "a b")(1, 2.0)))
    assert same({"a": 1}, through(OrderedDict(a=1)))


@pytest.mark.parametrize("value, name", [
    (1j, "complex"), (b"bytes", "bytes"), (np.array([1j]), "ndarray of complex128"), (int, "type"),
    (np.array([None]), "ndarray of object"), (np.zeros(2, "i4,f8"), "ndarray of void96"), (Ellipsis, "ellipsis"),
    (np.array(["a"]), "ndarray of str32"), (np.longdouble(1), "longdouble of " + np.dtype(np.longdouble).name),
    (np.random.RandomState(0), "RandomState"), (print, "builtin_function_or_method"), ({(1, 2): 3}, "dict"),
    (object(), "object"),
], ids=lambda value: value if isinstance(value, str) else None)
def test_everything_else_becomes_opaque(value, name):
    arrived = through([value])[0]
    assert isinstance(arrived, Opaque) and arrived.type_name == name
    with pytest.raises(TypeError, match=name.split()[0]):
        encode(value, strict=True)


def test_containers_more_than_three_deep_become_opaque():
    assert through([[[[1], 2]]])[0][0][0].type_name == "list"
    loop = []
    loop.append(loop)
    assert through(loop)[0][0][0].type_name == "list"


def test_iterables_arrive_as_lists():
    for iterable in (iter([1, 2]), (n for n in (1, 2)), map(int, "12"), range(1, 3), deque([1, 2]),
                     {1: 0, 2: 0}.keys(), {1, 2}):
        assert same([1, 2], through(iterable))
    assert same([(0, "a")], through(enumerate("a")))

    class Batches:
        def __iter__(self):
            return iter([np.arange(2)])

    assert same([np.arange(2)], through(Batches()))


def test_what_is_too_large_is_refused_by_name():
    def endless():
        while True:
            yield 1

    def heavy():
        while True:
            yield np.zeros(2**17)

    for value in (endless(), heavy(), np.broadcast_to(0.0, values.MAX_BYTES), np.zeros((0, 2**40)),
                  np.zeros((1,) * 64), 2**2000, dict.fromkeys(range(2000))):
        with pytest.raises(ValueTooLarge):
            encode(value)


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox,
                                  np.random.SFC64])
def test_generators_go_on_where_they_were(kind):
    rng = np.random.Generator(kind(7))
    rng.integers(0, 10, 3, dtype=np.int32)
    rng.normal(size=5)
    arrived = through(rng)
    assert np.array_equal(rng.normal(size=700), arrived.normal(size=700))
    assert np.array_equal(rng.integers(0, 99, 5, dtype=np.int32), arrived.integers(0, 99, 5, dtype=np.int32))


def test_functions_cross_only_as_handles():
    tree, body = encode([len, 1], handle=lambda function: 5)
    with pytest.raises(ChannelError):
        decode(tree, body)
    assert decode(tree, body, function={5: len}.get) == [len, 1]


# Hostile values

@pytest.mark.parametrize("tree, body", [
    (["array", "object", [1]], b"12345678"), (["array", "float64", [2]], b"12345678"), ([], b""),
    (["array", "float64", [0]], b"1"), (["array", "float64", [-1]], b""), (["array", "float64", [True]], b"12345678"),
    (["array", "float64", [1.0]], b""), (["array", "float64", [2**40, 0]], b""),
    (["array", "float64", [2**27, 2**27, 2**27, 0]], b""),
    (["array", "float64", [1] * 70], b"12345678"), (["array", ["float64"], [1]], b""), (["array", "float64", 1], b""),
    (["scalar", "str"], b""), (["pickle", "x"], b""), (["list", 3], b""), (["dict", [[1]]], b""), (["list"], b""),
    (["dict", [[["list", []], 1]]], b""), (["dict", [[["scalar", "float64"], 1]]], b"12345678"), ({"a": 1}, b""),
    (["opaque", "x" * 500], b""), (["function", 0], b""), (["rng", "RandomState", {}], b""),
    (["rng", "default_rng", {}], b""), (["rng", ["MT19937"], {}], b""), (2**5000, b""),
    (["rng", "MT19937", {"state": {"key": [0] * 624, "pos": 10**6}}], b""),
    (["rng", "MT19937", {"state": {"key": [0] * 624, "pos": -1}}], b""),
    (["rng", "MT19937", {"state": {"key": [0] * 623, "pos": 0}}], b""),
    (["rng", "MT19937", {"state": {"key": [0.5] * 624, "pos": 0}}], b""), (["rng", "PCG64", {"state": 1}], b""),
    (["list", [["list", [["list", [["list", [1]]]]]]]], b""), (["list", [0] * (values.MAX_NODES + 1)], b""),
    (["dict", [[n, 0] for n in range(values.MAX_KEYS + 1)]], b""), ("text", b"left over"),
], ids=lambda value: repr(value)[:60])
def test_a_forged_value_is_a_channel_error(tree, body):
    with pytest.raises(ChannelError):
        decode(tree, body)


def test_mutated_values_decode_or_are_channel_errors():
    rng = random.Random(3)
    seeds = [encode(value) for value in (
        [np.arange(3.0), (1, "two"), {"k": np.float32(3)}], np.random.default_rng(1),
        np.random.Generator(np.random.Philox(2)), [[[np.zeros((2, 0, 3))]]], np.zeros((3, 4), bool))]
    junk = [None, True, -1, 0, 2**64, 2**200, 1.5, float("nan"), "array", "rng", [], {}, ["list", []], "\ud800"]

    def mutated(tree):
        if rng.random() < 0.1:
            return rng.choice(junk)
        if isinstance(tree, list):
            items = [mutated(item) for item in tree]
            return items[:rng.randrange(len(items) + 1)] if rng.random() < 0.1 else items
        if isinstance(tree, dict):
            return {key: mutated(item) for key, item in tree.items() if rng.random() > 0.05}
        return tree

    outcomes = set()
    for _ in range(5000):
        tree, body = rng.choice(seeds)
        body = body[:rng.randrange(len(body) + 1)] if rng.random() < 0.1 else body
        try:
            decode(mutated(tree), body)
            outcomes.add("value")
        except ChannelError:
            outcomes.add("error")
    assert outcomes == {"value", "error"}


# Frames


def frame(header=b"{}", body=b"", nonce=NONCE):
    return struct.pack(">16sIQ", nonce, len(header), len(body)) + header + body


def test_frames_arrive_as_sent(pair):
    ours, theirs = pair
    reader = Channel(theirs, NONCE)
    sent = [({"kind": "a"}, b""), ({"b": [1, None]}, b"\x00\xff" * 5), ({}, b"x" * 3_000_000)]
    sender = threading.Thread(target=lambda: [ours.send(*message) for message in sent])
    sender.start()
    assert [reader.receive(10) for _ in sent] == sent
    sender.join()


@pytest.mark.parametrize("data", [
    frame(nonce=bytes(16)), frame(b"[]"), frame(b"{"), frame(b"\xff\xfe"), frame(b"nul"), frame(b""),
    frame(b"[" * 100_000), frame(b'{"a": ' + b"9" * 5000 + b"}"),
    struct.pack(">16sIQ", NONCE, channel_module.MAX_HEADER + 1, 0),
    struct.pack(">16sIQ", NONCE, 2, 2**63),
], ids=lambda data: repr(data[16:50]))
def test_a_forged_frame_is_a_channel_error(pair, data):
    ours, theirs = pair
    threading.Thread(target=lambda: (theirs.sendall(data), theirs.close())).start()
    with pytest.raises(ChannelError):
        ours.receive(10)


def test_random_bytes_are_channel_errors():
    rng = random.Random(5)
    for _ in range(300):
        ours, theirs = socket.socketpair()
        data = bytearray(frame(b'{"kind": "cell"}', b"body") * rng.randrange(3) + rng.randbytes(rng.randrange(200)))
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        theirs.sendall(data)
        theirs.close()
        with pytest.raises(ChannelError):
            while True:
                Channel(ours, NONCE).receive(10)
        ours.close()


def test_a_frame_may_come_in_pieces_and_late(pair):
    ours, theirs = pair
    data = frame(b'{"a":1}', b"body")
    for piece in (data[:5], data[5:30], data[30:-1]):
        theirs.sendall(piece)
        with pytest.raises(TimeoutError):
            ours.receive(0.01)
    theirs.sendall(data[-1:] + data[:3])
    assert ours.receive(10) == ({"a": 1}, b"body")


def test_a_closed_channel_is_told_apart(pair):
    ours, theirs = pair
    theirs.sendall(frame()[:7])
    theirs.close()
    with pytest.raises(ChannelClosed):
        ours.receive(10)
    with pytest.raises(ChannelClosed):
        for _ in range(3):
            ours.send({}, b"x" * 100_000, 10)


def test_a_reader_that_does_not_read_is_a_timeout(pair):
    ours, _ = pair
    with pytest.raises(TimeoutError):
        ours.send({}, b"x" * 50_000_000, 0.05)


def test_nothing_too_large_is_sent(pair, monkeypatch):
    ours, theirs = pair
    monkeypatch.setattr(channel_module, "MAX_BODY", 1000)
    with pytest.raises(ValueTooLarge):
        ours.send({}, b"x" * 1001)
    with pytest.raises(ValueTooLarge):
        ours.send({"text": "x" * (channel_module.MAX_HEADER + 1)})
    ours.send({}, b"x")
    assert Channel(theirs, NONCE).receive(10) == ({}, b"x")
