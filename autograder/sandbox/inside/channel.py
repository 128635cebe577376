"""Frames over a Unix stream socket: the only thing the grader and a student's process ever say to each other.

    frame = nonce (16 bytes) · length of the header (4) · length of the body (8) · header · body

The header is a JSON object in ASCII, the body raw bytes; integers are big-endian. Whatever a hostile process
writes, the reader gets a header and a body of bounded size, or a ChannelError.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Sequence

NONCE_SIZE = 16
MAX_HEADER = 4 * 2**20
MAX_BODY = 256 * 2**20

_PREFIX = struct.Struct(f">{NONCE_SIZE}sIQ")
_CHUNK = 2**20


class ChannelError(Exception):
    """What arrived is not what the protocol allows."""


class ChannelClosed(ChannelError):
    """The other side is gone."""


class ValueTooLarge(ValueError):
    """A value is larger than the channel carries."""


class Channel:
    """One end of the conversation.

    Args:
        connection: a connected stream socket; the channel owns it from now on.
        nonce: 16 bytes that open every frame of this conversation.
    """

    def __init__(self, connection: socket.socket, nonce: bytes = bytes(NONCE_SIZE)) -> None:
        if len(nonce) != NONCE_SIZE:
            raise ValueError(f"a nonce has {NONCE_SIZE} bytes")
        self._connection = connection
        self._nonce = nonce
        self._received = bytearray()

    def send(self, header: dict, body: bytes | Sequence[bytes] = b"", timeout: float | None = None) -> None:
        """Sends one frame.

        Raises:
            ValueTooLarge: nothing was sent.
            ChannelClosed: the other side is gone.
            TimeoutError: the other side does not read; the conversation cannot go on.
        """
        parts = [body] if isinstance(body, bytes) else body
        encoded = json.dumps(header, separators=(",", ":")).encode("ascii")
        size = sum(len(part) for part in parts)
        if len(encoded) > MAX_HEADER or size > MAX_BODY:
            raise ValueTooLarge(f"{size + len(encoded):,} bytes are more than the grader takes")
        frame = b"".join([_PREFIX.pack(self._nonce, len(encoded), size), encoded, *parts])
        try:
            self._connection.settimeout(timeout)
            self._connection.sendall(frame)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, timeout: float | None = None) -> tuple[dict, bytes]:
        """The next frame's header and body.

        Raises:
            ChannelClosed, ChannelError: the other side is gone, or sent something else than a frame.
            TimeoutError: no whole frame came within `timeout` seconds; what came is kept for the next call.
        """
        deadline = None if timeout is None or math.isinf(timeout) else time.monotonic() + timeout
        self._fill(_PREFIX.size, deadline)
        nonce, header_size, body_size = _PREFIX.unpack_from(self._received)
        if nonce != self._nonce or header_size > MAX_HEADER or body_size > MAX_BODY:
            raise ChannelError("this is not a frame")
        start, end = _PREFIX.size, _PREFIX.size + header_size
        self._fill(end + body_size, deadline)
        header, body = parse_json(bytes(self._received[start:end])), bytes(self._received[end:])
        self._received.clear()
        if not isinstance(header, dict):
            raise ChannelError("the header is not an object")
        return header, body

    def _fill(self, size: int, deadline: float | None) -> None:
        """Reads until `size` bytes of the frame are there, and never beyond."""
        while len(self._received) < size:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                raise TimeoutError
            try:
                self._connection.settimeout(remaining)
                chunk = self._connection.recv(min(_CHUNK, size - len(self._received)))
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelClosed(str(error)) from error
            if not chunk:
                raise ChannelClosed("the other side is gone")
            self._received += chunk

    def receive_descriptor(self) -> int:
        """The file descriptor that follows a frame, sent with one byte. Raises ChannelError."""
        self._connection.settimeout(None)
        _, descriptors, _, _ = socket.recv_fds(self._connection, 1, 1)
        if not descriptors:
            raise ChannelError("a file descriptor is due")
        return descriptors[0]

    def close(self) -> None:
        """Closes the socket; may be called twice."""
        self._connection.close()


def parse_json(text: bytes) -> object:
    """JSON from the other side. Raises ChannelError where it is none, or nested without reason."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ChannelError("this is not JSON") from error


def field(header: dict, key: str, kind: type) -> object:
    """A field of a header, of exactly the type `kind`. Raises ChannelError."""
    value = header.get(key)
    if type(value) is not kind:
        raise ChannelError(f"the header's {key} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def text_field(header: dict, key: str, limit: int = 2000) -> str:
    """A text of a header, cut to `limit` characters and fit to be written as UTF-8. Raises ChannelError."""
    return clean(field(header, key, str)[:limit])


def clean(text: str) -> str:
    """The text without lone surrogates, which no file takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
