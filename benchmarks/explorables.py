"""How soon an explorable answers a key, in a running JupyterLab; how fast the training room plays; what is saved.

Measured in the page, for each explorable: from a key press on a slider to the last change on the page that it brings
about, thirty presses, median and 95th percentile (goal: median below 50 ms; the digit pad's bars, below 100 ms, answer
a stroke of the pen in place of a key). For the training room the pictures a second while a 2-8-1 network trains (goal:
15). Last the size of a notebook in which all of them were shown, as JupyterLab saves it (goal: below 2 MB).

Beside each latency stands the CPU time of the picture alone in Python, without page and kernel. The other figures are
times on the clock: a machine that is busy with other things shows more. Needs Chromium, as `make test-browser` does.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: kernels inherit it too

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/browser"))  # where an explorable on a page is known

from conftest import Explored, Notebook, opened, running_chromium, running_lab  # noqa: E402
from test_explorables import SETUP  # noqa: E402
from test_network_explorables import GIVEN, SETUPS  # noqa: E402

from mlplab.explore import EXPLORABLES  # noqa: E402

PRESSES = 30
SLIDERS = {"01-activation": "x", "02-forward": "w1[1, 2]", "03-loss": "ball, up", "04-backprop": "nudge",
           "05-training": "hidden units", "08-eye-gaze": "yaw, degrees"}

# Resolves to the milliseconds from the event to the last change, once nothing has changed for a while.
_WATCH = """([event, calm]) => { window.latency = new Promise((resolve) => {
    const body = document.querySelector(".mlplab-body");
    let began, last, idle;
    const watch = new MutationObserver(() => {
        if (began === undefined) return;
        last = performance.now();
        clearTimeout(idle);
        idle = setTimeout(() => { watch.disconnect(); resolve(last - began); }, calm);
    });
    watch.observe(body, { subtree: true, childList: true, attributes: true, characterData: true });
    body.addEventListener(event, () => { began ??= performance.now(); }, { capture: true, once: true });
}); }"""
_COUNT = """(milliseconds) => new Promise((resolve) => {
    let pictures = 0;
    const watch = new MutationObserver(() => { pictures += 1; });
    watch.observe(document.querySelector(".mlplab-panel"), { childList: true });
    setTimeout(() => { watch.disconnect(); resolve(1000 * pictures / milliseconds); }, milliseconds);
})"""


def cells(stage: str, state: str = "") -> tuple[str, str]:
    """A notebook's two cells: what the stage's explorable needs, and the explorable."""
    if stage in SETUPS:
        return (f"{SETUPS[stage]}\nimport mlplab\nlab = mlplab.stage({stage!r})", f"lab.explore({GIVEN[stage]})")
    return SETUP.format(stage=stage), f"lab.explore({state})"


def latencies(page: Page, shown: Explored, stage: str) -> list[float]:
    """Milliseconds from each of thirty presses to the last change that it brings about."""
    found = []
    for k in range(PRESSES + 2):
        key = "ArrowRight" if k % 2 else "ArrowLeft"
        if stage in SLIDERS:
            page.evaluate(_WATCH, ["keydown", 300])
            shown.press(SLIDERS[stage], key)
        elif stage == "06-mnist":
            page.evaluate(_WATCH, ["pointerdown", 300])
            page.mouse.move(*shown.place(0, 0.3 + 0.012 * k, 0.4))
            page.mouse.down()
            page.mouse.up()
        else:
            page.evaluate(_WATCH, ["keydown", 300])
            shown.type(0, key)
        found.append(page.evaluate("window.latency"))
    return found[2:]  # the first ones may load something


def in_python(notebook: Notebook) -> float:
    """Milliseconds of CPU for one picture of what `lab.explore()` shows, in the notebook's own kernel."""
    notebook.execute(
        "import time, gc\nfrom mlplab.explore.widget import Widget\n"
        "_shown = next(o for o in gc.get_objects() if isinstance(o, Widget))._explorable\n"
        "_began = time.thread_time()\nfor _ in range(20): _shown.react({})\n"
        "open('cpu.txt', 'w').write(str((time.thread_time() - _began) / 20 * 1000))")
    return float((notebook.path.parent / "cpu.txt").read_text())


def main() -> None:
    console = Console()
    table = Table("explorable", "median ms", "p95 ms", "CPU ms in Python")
    with (tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home,
          running_chromium() as chromium, running_lab(Path(folder), Path(home)) as address):
        root = Path(folder)
        for stage in EXPLORABLES:
            notebook = opened(chromium, address, root / f"{stage}.ipynb", cells(stage))
            times = latencies(notebook.page, Explored(notebook), stage)
            table.add_row(stage, f"{statistics.median(times):.0f}", f"{statistics.quantiles(times, n=20)[-1]:.0f}",
                          f"{in_python(notebook):.1f}")
            notebook.page.context.close()
        console.print(table)

        notebook = opened(chromium, address, root / "room.ipynb", cells("05-training", "hidden=8"))
        Explored(notebook).click("Play")
        console.print(f"training room, 2-8-1: {notebook.page.evaluate(_COUNT, 10_000):.1f} pictures a second")
        notebook.page.context.close()

        everything = [cell for stage in EXPLORABLES for cell in cells(stage)]
        notebook = opened(chromium, address, root / "all.ipynb", everything)
        notebook.page.locator(".mlplab-body").nth(len(EXPLORABLES) - 1).wait_for()
        notebook.run("docmanager:save")
        while (size := notebook.path.stat().st_size) < 100_000:
            time.sleep(0.5)
        console.print(f"a saved notebook with all {len(EXPLORABLES)}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as missing:  # `make bench` goes on with the others
        print(missing)
