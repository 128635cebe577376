"""Explorables: pictures that move, drawn by the functions that the student has just written.

One module holds one explorable; `lab.explore()` shows that of the notebook's stage. An explorable is plain Python (a
state, and a picture drawn from it); `widget` brings it to life on the page, `still` leaves a picture where there is
no kernel.
"""

import os
from collections.abc import Mapping
from pkgutil import resolve_name

from IPython.display import display

from mlplab.exercises import Stage
from mlplab.explore.still import Still
from mlplab.panel import message_panel
from mlplab.plots.picture import if_anybody_looks
from mlplab.plots.values import NoPicture

EXPLORABLES = {
    "01-activation": "mlplab.explore.activation:ActivationExplorer",
    "02-forward": "mlplab.explore.forward:NeuronPlayground",
    "03-loss": "mlplab.explore.loss:LossLandscape",
    "04-backprop": "mlplab.explore.backprop:Xray",
    "05-training": "mlplab.explore.training:TrainingRoom",
    "06-mnist": "mlplab.explore.digits:DigitPad",
    "07-fashion": "mlplab.explore.gallery:Gallery",
    "08-eye-gaze": "mlplab.explore.gaze:MovableEye",
}


def explore(stage: Stage, namespace: Mapping[str, object], state: Mapping[str, object]) -> None:
    """Shows the explorable of a stage, driven by the functions of a namespace.

    Where a function is not written yet, or the first picture cannot be drawn, one line says so. While nbgrader runs
    the notebook nobody is there to play: the still picture is all there is.

    Raises: ValueError for a stage without an explorable, and for a state that does not exist.
    """
    if stage.name not in EXPLORABLES:
        raise ValueError(f"stage {stage.name} has nothing to explore; there is something in {', '.join(EXPLORABLES)}")
    explorable = resolve_name(EXPLORABLES[stage.name])(namespace, **state)
    if missing := explorable.missing():
        names = " and ".join(f"`{name}`" for name in missing)
        display(message_panel(f"{explorable.title} waits for {names}: once that is written, run this cell again."))
        return
    graded = bool(os.environ.get("NBGRADER_EXECUTION"))
    if graded:
        explorable.patience = None  # the grader has limits of its own
    message = explorable.react({})["message"]
    if message:
        display(message_panel(f"{explorable.title} cannot be drawn: {message}"))
        return
    try:
        if_anybody_looks()
    except NoPicture as reason:
        display(message_panel(str(reason)))
        return
    display(Still(explorable.frame.panels, f"{explorable.title}. {explorable.frame.summary}"))
    if not graded:
        from mlplab.explore.widget import Widget  # not needed for grading, and not free

        display(Widget(explorable))
