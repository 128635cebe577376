"""How long a student waits for `lab.check`, for each exercise.

Measured is the whole of `lab.check`, panel included, in an IPython shell as a kernel has it: on the reference's
functions many times (median and slowest; the first run, which may import and warm things up, stands beside), and on
each named wrong solution, where a failure is taken apart for its diagnosis (the middle one of three runs, shown for
the slowest). The goal is an answer below 200 ms: the last line says which share of it the slowest of all took. These
are seconds on the clock, so a machine that is busy with other things shows more.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: as in a class, where many kernels share a machine

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from rich.console import Console
from rich.table import Table

from autograder.misconceptions import casebook, reference_functions
from mlplab.exercises import STAGES, Exercise, Stage
from mlplab.lab import Lab

GOAL = 0.2


def seconds(stage: Stage, exercise: Exercise, functions: Mapping[str, Callable]) -> float:
    """The time of one `lab.check` in a notebook with these functions; what it displays is caught."""
    lab = Lab(stage, {"np": np, **functions})
    with capture_output():
        started = time.perf_counter()
        lab.check(exercise.name)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="such as 04-backprop (default all)")
    parser.add_argument("--runs", type=int, default=30, help="runs of each exercise (default 30)")
    options = parser.parse_args()
    InteractiveShell.instance()
    table = Table(title=f"lab.check, milliseconds: {options.runs} runs of the reference, 3 of each wrong solution")
    for column in ("stage", "exercise", "first", "median", "slowest", "slowest wrong"):
        table.add_column(column, justify="left" if column in ("stage", "exercise") else "right")
    slowest = 0.0
    for stage in (STAGES[name] for name in options.stages or STAGES):
        functions = reference_functions(stage)
        for exercise in stage.exercises:
            first, *right = [seconds(stage, exercise, functions) for _ in range(options.runs + 1)]
            wrong = [statistics.median(seconds(stage, exercise, functions | {exercise.name: case.function})
                                       for _ in range(3))
                     for case in casebook(stage).wrongs if case.exercise == exercise.name]
            times = (first, statistics.median(right), max(right), max(wrong))
            table.add_row(stage.name, exercise.name, *(f"{1000 * value:.1f}" for value in times))
            slowest = max(slowest, *times)
    Console(width=100).print(table)
    print(f"slowest of all {1000 * slowest:.0f} ms, {slowest / GOAL:.2f} of the goal of {1000 * GOAL:.0f} ms")


if __name__ == "__main__":
    main()
