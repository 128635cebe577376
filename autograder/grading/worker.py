"""One submission, executed and judged: from bytes to bytes, with nothing else going in or out.

So it does not matter where it runs: here in a process beside the coordinator, on a cluster in another one.
"""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import nbformat

from autograder.grading.execute import Settings, run_notebook
from autograder.grading.outcomes import record_of


@dataclass(frozen=True)
class Job:
    """All that a submission's grade is made from.

    Attributes:
        assignment: the stage.
        notebooks: JSON by name, sanitised; the instructor's cells are as they should be.
        files: what lies on disk when they run, by path beside the stage's folder ("04-backprop/data.csv").
        settings, environment: how they are run, and variables for their process.
    """

    assignment: str
    notebooks: Mapping[str, bytes]
    files: Mapping[str, bytes]
    settings: Settings
    environment: Mapping[str, str] = field(default_factory=dict)

    def pack(self) -> bytes:
        return pickle.dumps(self)


def grade(job: bytes) -> bytes:
    """Executes and judges a packed `Job`.

    Returns: JSON, `notebooks` and `records` by name; see `unpack`.
    Raises: SandboxError where the machine, not the submission, was at fault.
    """
    job = pickle.loads(job)  # the grader's own, made by `pack`
    notebooks, records = {}, {}
    for name, content in job.notebooks.items():
        with TemporaryDirectory(prefix="submission-") as scratch:
            here = Path(scratch, job.assignment)
            here.mkdir()
            handed_in = {f"{job.assignment}/{other}.ipynb": source for other, source in job.notebooks.items()}
            for place, data in {**job.files, **handed_in}.items():
                path = Path(scratch, PurePosixPath(place))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            notebook = nbformat.v4.reads(content.decode())  # it has just been validated
            judged = run_notebook(notebook, job.assignment, here, job.settings, job.environment)
        notebooks[name] = notebook
        records[name] = record_of(judged, job.settings.zygote().isolation.title)
    return json.dumps({"notebooks": notebooks, "records": records}).encode()


def unpack(result: bytes) -> tuple[dict[str, nbformat.NotebookNode], dict[str, dict]]:
    """The executed notebooks and the records of their outcomes, by the notebook's name."""
    parsed = json.loads(result)
    return nbformat.from_dict(parsed["notebooks"]), parsed["records"]
