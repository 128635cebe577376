"""What a submission costs the recorder when the gradebook already holds 0, 4,000 and 20,000 of them.

A stage of ten cells is executed once; its result is then recorded for one new student after the other, in gradebooks
that have been filled beforehand, in turns. Printed: CPU milliseconds a submission, and how many times those of the
empty gradebook, as the recorder does it, and without the ANALYZE by which SQLite learns how full its tables are.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import shutil
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader import api
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder.grading.autograde import BulkAutograde
from autograder.grading.course import Course
from autograder.grading.settings import open_course
from autograder.grading.worker import grade

STAGE = "tiny"
_EXERCISES = 10


def make_course(root: Path) -> Course:
    """A course with one stage of ten exercises."""
    cells = []
    for number in range(_EXERCISES):
        marks = {"grade_id": f"exercise{number}", "grade": False, "solution": True, "locked": False,
                 "schema_version": 3, "task": False}
        source = f"### BEGIN SOLUTION\na{number} = 1\n### END SOLUTION"
        cells.append(new_code_cell(source, metadata={"nbgrader": marks}))
        marks = marks | {"grade_id": f"test{number}", "grade": True, "solution": False, "locked": True, "points": 1}
        cells.append(new_code_cell(f"assert a{number} == 1", metadata={"nbgrader": marks}))
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook, folder = new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "source" / STAGE
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{STAGE}.ipynb")
    course = Course(root)
    course.generate(STAGE)
    return course


def fill(root: Path, count: int) -> None:
    """Enters submissions as `Gradebook.add_submission` does, all at once."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assignment = gradebook.find_assignment(STAGE)
        notebook = assignment.notebooks[0]
        rows = {table: [] for table in (api.Student, api.SubmittedAssignment, api.SubmittedNotebook, api.Grade,
                                        api.Comment)}
        for number in range(count):
            name = f"{number:032}"
            rows[api.Student].append({"id": name})
            rows[api.SubmittedAssignment].append({"id": name, "assignment_id": assignment.id, "student_id": name})
            rows[api.SubmittedNotebook].append({"id": name, "assignment_id": name, "notebook_id": notebook.id})
            for table, cells in ((api.Grade, notebook.grade_cells), (api.Comment, notebook.solution_cells)):
                rows[table] += [{"id": f"{place}-{number:029}", "notebook_id": name, "cell_id": cell.id}
                                for place, cell in enumerate(cells)]
        for table, values in rows.items():
            gradebook.db.bulk_insert_mappings(table, values)
        gradebook.db.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=15, help="submissions recorded in each gradebook (default 15)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 4_000, 20_000])
    chosen = parser.parse_args()
    with TemporaryDirectory() as scratch:
        base = make_course(Path(scratch, "base")).root
        recorders = {}
        for size in chosen.sizes:
            for analyze in (True, False):
                root = Path(shutil.copytree(base, Path(scratch, f"{size}-{analyze}")))
                fill(root, size)
                recorder = recorders[size, analyze] = BulkAutograde(*open_course(root, STAGE))
                if analyze:
                    recorder.session.analyze()
        times = {way: [] for way in recorders}
        result = None
        for number in range(chosen.repeats + 1):
            for (size, analyze), recorder in recorders.items():
                folder = Path(recorder.coursedir.root, "submitted", f"s{number}", STAGE)
                folder.mkdir(parents=True)
                shutil.copy(base / "release" / STAGE / f"{STAGE}.ipynb", folder)
                result = result or grade(recorder.prepare(f"s{number}", {}).pack())
                started = time.process_time()
                recorder.record(f"s{number}", result)
                times[size, analyze].append(time.process_time() - started)
        table = Table("submissions in the gradebook", "as the recorder does it, ms", "× empty", "without ANALYZE, ms",
                      "× empty", title=f"recording one more, CPU, median of {chosen.repeats}")
        middle = {way: statistics.median(values[1:]) for way, values in times.items()}  # the first one warms up
        for size in chosen.sizes:
            cells = []
            for analyze in (True, False):
                own = middle[size, analyze]
                cells += [f"{1000 * own:.0f}", f"{own / middle[chosen.sizes[0], analyze]:.2f}"]
            table.add_row(f"{size:,}", *cells)
        Console(width=120).print(table)


if __name__ == "__main__":
    main()
