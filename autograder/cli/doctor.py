"""How well this machine isolates submissions: every rung of the ladder tried, and what is missing named."""

import os
import platform

from rich.console import Console
from rich.table import Table

from autograder.sandbox import LADDER, NotIsolated, Zygote
from autograder.sandbox.canaries import in_words


def diagnose(console: Console) -> bool:
    """Prints what each rung does here; whether one of them holds."""
    user = "root (gives it up for an account of its own)" if os.geteuid() == 0 else f"uid {os.geteuid()}"
    console.print(f"{platform.system()} {platform.release()}, {platform.machine()}, run by {user}", highlight=False)
    table = Table("rung", "isolation", "here")
    strongest = None
    for rung, isolation in LADDER.items():
        if rung == "none":
            continue
        with Zygote(rung) as zygote:
            try:
                zygote.start()
            except NotIsolated as error:
                table.add_row(rung, isolation.title, f"does not hold: {error.reasons[rung]}")
                continue
        gaps = f", but does not stop these attacks: {in_words(zygote.gaps)}" if zygote.gaps else ""
        table.add_row(rung, isolation.title, f"holds{gaps}")
        strongest = strongest or isolation
    console.print(table)
    if strongest is None:
        console.print("Submissions cannot be isolated here. docs/what-the-grader-promises.md says what can be done.",
                      highlight=False, soft_wrap=True)
    else:
        console.print(f"Grading uses {strongest.title}.", highlight=False)
    return strongest is not None
