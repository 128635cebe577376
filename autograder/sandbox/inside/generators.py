"""A numpy Generator as plain numbers: the state of its bit generator, and back."""

import numpy as np

from .channel import ChannelError

# Of each bit generator: the state's shape as NumPy gives it, a leaf being (largest value, length, or None for
# a single number). It is checked because NumPy takes some of these for positions in its buffers without
# looking.
_U32, _U64, _U128 = 2**32 - 1, 2**64 - 1, 2**128 - 1
_SPARE = {"has_uint32": (1, None), "uinteger": (_U32, None)}
_STATES = {
    "PCG64": {"state": {"state": (_U128, None), "inc": (_U128, None)}, **_SPARE},
    "PCG64DXSM": {"state": {"state": (_U128, None), "inc": (_U128, None)}, **_SPARE},
    "MT19937": {"state": {"key": (_U32, 624), "pos": (624, None)}},
    "Philox": {"state": {"counter": (_U64, 4), "key": (_U64, 2)},
               "buffer": (_U64, 4), "buffer_pos": (4, None), **_SPARE},
    "SFC64": {"state": {"state": (_U64, 4)}, **_SPARE},
}


def is_known(generator: np.random.Generator) -> bool:
    """Whether it is one of NumPy's own."""
    return type(generator.bit_generator).__name__ in _STATES


def to_json(generator: np.random.Generator) -> list:
    """The name of its bit generator and its state, in JSON's types."""
    state = generator.bit_generator.state
    name = state["bit_generator"]
    return [name, _plain(state, _STATES[name])]


def from_json(name: object, state: object) -> np.random.Generator:
    """A generator that goes on where `to_json` was called. Raises ChannelError."""
    if not isinstance(name, str) or name not in _STATES:
        raise ChannelError("an unknown random generator")
    generator = np.random.Generator(getattr(np.random, name)())
    generator.bit_generator.state = {"bit_generator": name, **_checked(state, _STATES[name])}
    return generator


def _plain(state: dict, template: dict) -> dict:
    return {key: _plain(state[key], part) if isinstance(part, dict) else
            int(state[key]) if part[1] is None else [int(word) for word in state[key]]
            for key, part in template.items()}


def _checked(state: object, template: dict) -> dict:
    if not isinstance(state, dict) or state.keys() != template.keys():
        raise ChannelError("not the state of a random generator")
    return {key: _checked(state[key], part) if isinstance(part, dict) else _checked_leaf(state[key], *part)
            for key, part in template.items()}


def _checked_leaf(value: object, largest: int, length: int | None) -> int | np.ndarray:
    words = [value] if length is None else value
    if not isinstance(words, list) or len(words) != (length or 1):
        raise ChannelError("not the state of a random generator")
    if not all(type(word) is int and 0 <= word <= largest for word in words):
        raise ChannelError("not the state of a random generator")
    return value if length is None else np.array(words, dtype=np.uint32 if largest == _U32 else np.uint64)
