"""What each rung of the sandbox costs a submission, beside no isolation, in turns and in one run.

A submission's share is the time from the request for its process to the process's end with its folder wiped, with
nothing run in between; what the rung adds to that is its overhead (the goal: 15 ms at most). CPU is that of the grader
and of all processes below it. Starting a worker, canaries included, comes once for a thousand submissions.
"""

import argparse
import resource
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from autograder.sandbox import LADDER, NotIsolated, Session, Zygote

SUBMISSION = Path(__file__).resolve().parents[1] / "release" / "01-activation"


def cpu_seconds() -> float:
    """Of this process and of those it has waited for."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--submissions", type=int, default=100, help="for each rung (default 100)")
    number = parser.parse_args().submissions
    workers, starts = {}, {}
    for rung in reversed(LADDER):
        worker, begun = Zygote(rung), time.perf_counter()
        try:
            worker.start()
        except NotIsolated as error:
            print(f"not measured: {LADDER[rung].title}, {error.reasons[rung]}")
            continue
        workers[rung], starts[rung] = worker, time.perf_counter() - begun
    walls = {rung: [] for rung in workers}
    for _ in range(number):
        for rung, worker in workers.items():
            begun = time.perf_counter()
            with Session(SUBMISSION, zygote=worker):
                pass
            walls[rung].append(time.perf_counter() - begun)
    for worker in workers.values():
        worker.close()
    cpu = {rung: cpu_of_one(rung, number) for rung in workers}
    table = Table("isolation", "start of a worker, s", "a submission, ms", "more than none, ms", "CPU, ms", "more, ms",
                  title=f"medians of {number} empty submissions")
    base, base_cpu = statistics.median(walls["none"]), cpu["none"]
    for rung, times in walls.items():
        wall = statistics.median(times)
        table.add_row(LADDER[rung].title, f"{starts[rung]:.1f}", *(f"{1000 * value:.1f}" for value in (
            wall, wall - base, cpu[rung], cpu[rung] - base_cpu)))
    Console(width=120).print(table)


def cpu_of_one(rung: str, number: int) -> float:
    """CPU seconds of one submission: what a worker takes with `number` of them, less what it takes with one."""
    totals = []
    for count in (1, 1 + number):
        before = cpu_seconds()
        with Zygote(rung) as worker, TemporaryDirectory() as folder:
            for _ in range(count):
                Session(folder, zygote=worker).close()
        totals.append(cpu_seconds() - before)
    return (totals[1] - totals[0]) / number


if __name__ == "__main__":
    main()
