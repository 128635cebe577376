"""Records the moving pictures of the README from the real thing: explorables in a running JupyterLab.

`python docs/images/record.py` writes training-room.gif and x-ray.gif beside itself. Needs Chromium.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests/browser"))  # where an explorable on a page is known

from conftest import Explored, opened, running_chromium, running_lab  # noqa: E402
from test_explorables import SETUP  # noqa: E402

_WIDTH = 720  # pixels of the picture
_COLOURS = 200


def training_room(shown: Explored) -> Iterator[float]:
    """Learns XOR; yields the milliseconds for which each picture is to stand."""
    for _ in range(22):
        yield 160
        before = shown.summary
        shown.click("Step")
        shown.page.wait_for_function("before => document.querySelector('.mlplab-summary').textContent !== before",
                                     arg=before)
    yield 3000


def x_ray(shown: Explored) -> Iterator[float]:
    """Goes through the derivation, then nudges a weight."""
    for step in range(1, 8):
        yield 1300
        shown.click("Step on")
        shown.wait_for(f"Step {step},")
    yield 1600
    for nudge in ("0.8", "1.1", "1.4", "1.7", "2"):
        shown.slider("nudge").fill(nudge)
        shown.wait_for(f"by {nudge} is predicted")
        yield 400
    yield 3000


RECORDINGS = {
    "training-room": ("05-training", "seed=8, rate=0.5, pace=100", training_room),
    "x-ray": ("04-backprop", "at=0", x_ray),
}


def main() -> None:
    with (tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home,
          running_chromium() as chromium, running_lab(Path(folder), Path(home)) as address):
        for name, (stage, state, play) in RECORDINGS.items():
            cells = (SETUP.format(stage=stage), f"lab.explore({state})")
            notebook = opened(chromium, address, Path(folder, f"{name}.ipynb"), cells)
            shown = Explored(notebook)
            pictures, durations = [], []
            for milliseconds in play(shown):
                picture = Image.open(io.BytesIO(shown.body.screenshot())).convert("RGB")
                picture = picture.resize((_WIDTH, round(picture.height * _WIDTH / picture.width)), Image.LANCZOS)
                pictures.append(picture)
                durations.append(milliseconds)
            # All of one size, and of the colours of the last, which shows all that there is, in small things too.
            size = (_WIDTH, max(picture.height for picture in pictures))
            palette = pictures[-1].quantize(_COLOURS, Image.Quantize.MAXCOVERAGE)
            frames = []
            for picture in pictures:
                card = Image.new("RGB", size, "white")
                card.paste(picture)
                frames.append(card.quantize(palette=palette, dither=Image.Dither.NONE))
            target = HERE / f"{name}.gif"
            frames[0].save(target, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
            print(f"{target}: {len(frames)} pictures, {target.stat().st_size / 1e6:.2f} MB")
            notebook.page.context.close()


if __name__ == "__main__":
    main()
