"""The values that cross the channel: a JSON tree, and the arrays' bytes beside it. No pickle.

| value                                             | in the tree                         |
|---------------------------------------------------|-------------------------------------|
| None, bool, int (≤ 1024 bits), float, str         | itself                              |
| array of bool, integers, float16/32/64            | ["array", dtype, shape], its bytes  |
| scalar of these dtypes                            | ["scalar", dtype], its bytes        |
| list or tuple of these                            | ["list", [...]], ["tuple", [...]]   |
| dict of these with plain keys                     | ["dict", [[key, value], ...]]       |
| any other iterable, drained                       | ["list", [...]]                     |
| numpy.random.Generator                            | ["rng", bit generator, state]       |
| a function, where the reader may call it back     | ["function", handle]                |
| anything else                                     | ["opaque", type name]               |

Lists, tuples and dicts may be nested three deep. The bytes follow each other in the order of the tree, so
none can be claimed twice.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from . import generators
from .channel import ChannelError, ValueTooLarge, clean

MAX_DEPTH = 3
MAX_NODES = 100_000
MAX_KEYS = 1_000
MAX_BYTES = 128 * 2**20
MAX_DIMENSIONS = 32

_MAX_INT_BITS = 1024
_MAX_NAME = 200
_DTYPES = {name: np.dtype(name).newbyteorder("<") for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64")}


class Opaque:
    """Stands for a value that does not cross the channel.

    Attributes:
        type_name: what it was, such as "function" or "ndarray of object".
    """

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


class Stub:
    """A function on the other side; calling it asks there."""

    def __init__(self, handle: int, ask: Callable[[int, tuple], object]) -> None:
        self.handle = handle
        self._ask = ask

    def __call__(self, *args: object) -> object:
        return self._ask(self.handle, args)


def pack(values: Sequence[object], **options: object) -> tuple[list, list[bytes]]:
    """Several values as `[tree, size]` pairs for a header, and the body's parts; options as for `encode`."""
    pairs, parts = [], []
    for value in values:
        tree, data = encode(value, **options)
        pairs.append([tree, len(data)])
        parts.append(data)
    return pairs, parts


def unpack(pairs: object, body: bytes, **options: object) -> list:
    """The values that `pack` packed; options as for `decode`. Raises ChannelError."""
    if not isinstance(pairs, list):
        raise ChannelError("a list of values is due")
    values, position = [], 0
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[1]) is not int or pair[1] < 0:
            raise ChannelError("a list of values is due")
        values.append(decode(pair[0], body[position:position + pair[1]], **options))
        position += pair[1]
    if position != len(body):
        raise ChannelError("the body has another size than the values")
    return values


def encode(
    value: object, *, handle: Callable[[Callable], int] | None = None, strict: bool = False
) -> tuple[object, bytes]:
    """A value as its tree and its bytes.

    Args:
        handle: gives the handle under which the reader may call a function back; without it they are opaque.
        strict: raise TypeError where a value would become opaque.

    Raises:
        ValueTooLarge: more than MAX_NODES values outside of arrays, MAX_KEYS entries in a dict, or MAX_BYTES.
        Whatever draining an iterator raises.
    """
    encoder = _Encoder(handle, strict)
    tree = encoder.tree(value, 0)
    return tree, b"".join(encoder.parts)


class _Encoder:
    def __init__(self, handle: Callable[[Callable], int] | None, strict: bool) -> None:
        self.parts: list[bytes] = []
        self._handle, self._strict = handle, strict
        self._nodes = self._bytes = 0

    def tree(self, value: object, depth: int) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ValueTooLarge(f"more than {MAX_NODES:,} values outside of arrays")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            if value.bit_length() > _MAX_INT_BITS:
                raise ValueTooLarge(f"an integer of more than {_MAX_INT_BITS} bits")
            return value
        if kind is str:
            self._count(len(value))
            return value
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        if isinstance(value, np.random.Generator) and generators.is_known(value):
            return ["rng", *generators.to_json(value)]
        if isinstance(value, Opaque):
            return ["opaque", value.type_name]
        if isinstance(value, Stub):
            return ["function", value.handle]
        if callable(value):
            return self._opaque(value) if self._handle is None else ["function", self._handle(value)]
        if depth == MAX_DEPTH or isinstance(value, str | bytes | bytearray | memoryview):
            return self._opaque(value)
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, Iterable):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return [kind, [self.tree(item, depth + 1) for item in value]]
        return self._opaque(value)

    def _array(self, value: np.ndarray | np.generic) -> list:
        dtype = _DTYPES.get(value.dtype.name)
        if dtype is None:
            return self._opaque(value, f"{type(value).__name__} of {value.dtype.name}")
        if value.ndim > MAX_DIMENSIONS or any(size > MAX_BYTES for size in value.shape):
            raise ValueTooLarge(f"an array of shape {str(value.shape)[:_MAX_NAME]}")
        self._count(value.nbytes)
        self.parts.append(np.asarray(value, dtype=dtype).tobytes())
        if isinstance(value, np.generic):
            return ["scalar", value.dtype.name]
        return ["array", value.dtype.name, list(value.shape)]

    def _dict(self, value: dict, depth: int) -> list:
        if len(value) > MAX_KEYS:
            raise ValueTooLarge(f"a dict of more than {MAX_KEYS:,} entries")
        if not all(type(key) in (str, int, float, bool) for key in value):
            return self._opaque(value)
        pairs = ([self.tree(key, depth + 1), self.tree(item, depth + 1)] for key, item in value.items())
        return ["dict", list(pairs)]

    def _opaque(self, value: object, type_name: str | None = None) -> list:
        type_name = type_name or type(value).__name__
        if self._strict:
            raise TypeError(f"a {type_name} cannot be handed to a student's function")
        return ["opaque", type_name[:_MAX_NAME]]

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_BYTES:
            raise ValueTooLarge(f"more than {MAX_BYTES:,} bytes")


def decode(tree: object, body: bytes, *, function: Callable[[int], Callable] | None = None) -> object:
    """The value of a tree and its bytes; arrays are fresh and writable.

    Args:
        function: gives the function of a handle; without it, a function is an error.

    Raises:
        ChannelError: whatever is wrong with it.
    """
    decoder = _Decoder(body, function)
    value = decoder.value(tree, 0)
    if decoder.position != len(body):
        raise ChannelError("the body has another size than the values")
    return value


class _Decoder:
    def __init__(self, body: bytes, function: Callable[[int], Callable] | None) -> None:
        self.position = 0
        self._body, self._function = body, function
        self._nodes = 0

    def value(self, tree: object, depth: int) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ChannelError("too many values")
        match tree:
            case None | bool() | float():
                return tree
            case int() if tree.bit_length() <= _MAX_INT_BITS:
                return tree
            case str():
                return clean(tree)
            case ["array", str(name), list(shape)]:
                return self._array(name, shape)
            case ["scalar", str(name)]:
                return self._array(name, [])[()]
            case ["list", list(items)]:
                return [self.value(item, depth + 1) for item in items]
            case ["tuple", list(items)]:
                return tuple(self.value(item, depth + 1) for item in items)
            case ["dict", list(items)] if len(items) <= MAX_KEYS:
                return dict(self._entry(item, depth) for item in items)
            case ["rng", name, state]:
                return generators.from_json(name, state)
            case ["function", int(handle)] if self._function is not None:
                return self._function(handle)
            case ["opaque", str(type_name)] if len(type_name) <= _MAX_NAME:
                return Opaque(clean(type_name))
        raise ChannelError("an unknown kind of value")

    def _entry(self, item: object, depth: int) -> tuple[object, object]:
        if not isinstance(item, list) or len(item) != 2 or type(item[0]) not in (str, int, float, bool):
            raise ChannelError("not an entry of a dict")
        return self.value(item[0], depth + 1), self.value(item[1], depth + 1)

    def _array(self, name: str, shape: list) -> np.ndarray:
        dtype = _DTYPES.get(name)
        if dtype is None or len(shape) > MAX_DIMENSIONS:
            raise ChannelError("not an array")
        if not all(type(size) is int and 0 <= size <= MAX_BYTES for size in shape):
            raise ChannelError("not an array")
        size = math.prod(shape) * dtype.itemsize
        data = self._body[self.position:self.position + size]
        if len(data) != size:
            raise ChannelError("an array is larger than its bytes")
        self.position += size
        # A shape with a zero in it may still be too large for NumPy.
        try:
            array = np.frombuffer(data, dtype=dtype).reshape(shape)
        except ValueError as error:
            raise ChannelError("not an array") from error
        if name == "bool":
            array = array.view(np.uint8) != 0
        return array.astype(dtype.newbyteorder("="))
