"""The rungs of the sandbox's ladder that this machine offers."""

from functools import cache

from autograder.sandbox import LADDER, NotIsolated, Zygote


@cache
def probed() -> dict[str, str]:
    """By rung why it is not offered here, empty where it is."""
    reasons = {}
    for rung in LADDER:
        with Zygote(rung) as zygote:
            try:
                zygote.start()
                reasons[rung] = ""
            except NotIsolated as error:
                reasons[rung] = error.reasons[rung]
    return reasons


def offered() -> list[str]:
    """The rungs that hold here, "none" included, the strongest first."""
    return [rung for rung, reason in probed().items() if not reason]


def isolating() -> list[str]:
    """Those that isolate."""
    return [rung for rung in offered() if rung != "none"]
