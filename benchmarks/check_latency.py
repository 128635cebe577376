"""How long a student waits for `lab.check`: the median and the slowest of many runs, for each exercise.

A notebook's namespace is filled with the reference's functions, a right solution being the slowest case: no check ends
early. Each run is the whole of `lab.check`, panel included, in an IPython shell as a kernel has it. The goal is below
200 ms. The first run of a stage is not counted, since it imports the stage's checks; it is printed beside.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: as in a class, where many kernels share a machine

import argparse
import statistics
import time

import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from rich.console import Console
from rich.table import Table

from autograder.misconceptions import reference_functions
from mlplab.exercises import STAGES, Stage
from mlplab.lab import Lab

GOAL = 0.2


def seconds(lab: Lab, name: str) -> float:
    """The time of one `lab.check(name)`; what it displays is caught, as a front end would take it."""
    with capture_output() as captured:
        started = time.perf_counter()
        lab.check(name)
        elapsed = time.perf_counter() - started
    panel = captured.outputs[0].data["text/plain"]
    assert panel.startswith(f"{name}: pass."), f"the reference does not pass, so this is not what is measured:\n{panel}"
    return elapsed


def measure(stage: Stage, runs: int) -> dict[str, list[float]]:
    """The times of each exercise, the one not to be counted first; the exercises take turns."""
    lab = Lab(stage, {"np": np, **reference_functions(stage)})
    times: dict[str, list[float]] = {exercise.name: [] for exercise in stage.exercises}
    for _ in range(runs + 1):
        for name in times:
            times[name].append(seconds(lab, name))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="such as 04-backprop (default all)")
    parser.add_argument("--runs", type=int, default=30, help="runs of each exercise (default 30)")
    options = parser.parse_args()
    InteractiveShell.instance()
    table = Table(title=f"lab.check, milliseconds, {options.runs} runs each")
    for column in ("stage", "exercise", "first", "median", "slowest"):
        table.add_column(column, justify="left" if column in ("stage", "exercise") else "right")
    slowest = 0.0
    for stage in options.stages or STAGES:
        for name, (first, *times) in measure(STAGES[stage], options.runs).items():
            table.add_row(stage, name, *(f"{1000 * value:.1f}" for value in
                                              (first, statistics.median(times), max(times))))
            slowest = max(slowest, *times)
    Console(width=90).print(table)
    print(f"slowest of all {1000 * slowest:.0f} ms, {slowest / GOAL:.2f} of the goal of {1000 * GOAL:.0f} ms")


if __name__ == "__main__":
    main()
