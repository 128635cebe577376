"""The `autograder` command: what an instructor and a contributor do beside `nbgrader`'s own commands."""

import shutil
import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console
from traitlets.config import Config

from autograder.cli.demo import run_demo
from autograder.cli.doctor import diagnose
from autograder.cli.exchange import collect_archive, export_grades
from autograder.cli.grade import as_json, grade_stages, print_reports
from autograder.cli.guide import with_tables
from autograder.cli.handout import pack as write_pack
from autograder.cli.handout import write_solution
from autograder.cli.report import diagnoses_table, scores_table
from autograder.cli.submissions import demo_class
from autograder.grading.bulk import Options
from autograder.grading.course import Course
from autograder.notebooks import make_canonical
from autograder.sandbox import LADDER, SandboxError
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[2]
"""The clone: these commands work on its `source/`, and are installed from it in place."""

stages = click.argument("stages", nargs=-1, type=click.Choice(list(STAGES)))
isolated = click.option("--isolation", type=click.Choice(["auto", *LADDER]), default="auto",
                        help="What keeps a submission from doing harm (the strongest that this machine offers, if left "
                             "out).")
in_course = click.option("--course", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(),
                         help="The course directory; the current one if left out.")


def _console() -> Console:
    """The terminal; where there is none, room for the tables."""
    return Console() if sys.stdout.isatty() else Console(width=120)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build Your Own MLP, the instructor's side. What is not here, nbgrader's own commands do."""


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "work" / "demo", show_default=False,
              help="Where to make the demo's course directory (made anew; work/demo if left out).")
@isolated
def demo(folder: Path, isolation: str) -> None:
    """Grade a class of made-up students and print the table."""
    try:
        run_demo(REPOSITORY, folder.resolve(), demo_class(), _console(), isolation)
    except SandboxError as error:
        sys.exit(str(error))


@main.command()
def doctor() -> None:
    """Find out, by attacking it, how well this machine isolates submissions, and what is missing."""
    sys.exit(0 if diagnose(_console()) else 1)


@main.command()
@click.argument("stages", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All stages of the course that somebody has handed in, in order.")
@click.option("--student", "students", multiple=True, help="Only this student; may be repeated.")
@click.option("--force", is_flag=True, help="Grade again, though nothing has changed.")
@click.option("--plots", type=click.Choice(["draw", "skip"]), default="draw", show_default=True,
              help="Whether the course's pictures are drawn: they are most of the work, and feedback pages show them.")
@click.option("--workers", type=click.IntRange(min=1), help="How many at a time; as many as cores if left out.")
@isolated
@click.option("--json", "to_json", is_flag=True, help="Print the result as JSON, and nothing else.")
@in_course
def grade(stages: tuple[str, ...], every: bool, students: tuple[str, ...], force: bool, plots: str, workers: int | None,
          isolation: str, to_json: bool, course: Path) -> None:
    """Grade what has been handed in for STAGES and has changed since it was graded.

    Does what `nbgrader autograde` does, faster, and goes on where it was if it is killed and started again. Exit
    status: 0, all is graded; 1, some submissions are not gradable; 3, something is our fault or the machine's.
    """
    root = course.resolve()
    if every == bool(stages):
        raise click.UsageError("name the stages to grade, or say --all")
    chosen = list(stages) or [stage for stage in STAGES if Course(root).submitted(stage)]
    changes = Config() if isolation == "auto" else Config({"ExecuteOutside": {"isolation": isolation}})
    options = Options(students, force, plots == "draw", workers, changes)
    console = Console(stderr=True) if to_json else _console()
    try:
        reports = grade_stages(root, chosen, options, console)
    except KeyboardInterrupt:
        click.echo("Stopped. What is done is kept: run the same command again to go on.", err=True)
        sys.exit(130)
    if to_json:
        click.echo(as_json(root, reports))
    else:
        print_reports(root, reports, console)
    sys.exit(max((report.exit_status for report in reports), default=0))


@main.command()
@click.argument("archive", type=click.Path(exists=True, path_type=Path))
@click.option("--stage", required=True, help="The stage that the archive's notebooks are of.")
@click.option("--name", "names", multiple=True, metavar="NAME=STUDENT",
              help="Whose a name in the archive is, where the class list does not tell; may be repeated.")
@in_course
def collect(archive: Path, stage: str, names: tuple[str, ...], course: Path) -> None:
    """Take the notebooks of ARCHIVE, from Moodle or Canvas (or a folder, STUDENT/STAGE.ipynb), into submitted/.

    Of several attempts the last counts. What is not taken is listed; exit status 1 says that somebody should look.
    """
    told = dict(name.rpartition("=")[::2] for name in names)
    try:
        complete = collect_archive(course.resolve(), stage, archive, told, _console())
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    sys.exit(0 if complete else 1)


@main.command()
@stages
@click.option("--to", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(),
              help="Where to; the current folder if left out.")
@in_course
def export(stages: tuple[str, ...], folder: Path, course: Path) -> None:
    """Write the grades of STAGES (all if none is named) as nbgrader, Moodle and Canvas have them."""
    for path in export_grades(course.resolve(), folder.resolve(), list(stages)):
        click.echo(path)


@main.command()
@stages
@in_course
def report(stages: tuple[str, ...], course: Path) -> None:
    """Print scores and diagnoses of the class for STAGES (all if none is named)."""
    directory = Course(course.resolve())
    names = stages or tuple(STAGES)
    students = {student: "" for stage in names for student in directory.submitted(stage)}
    console = _console()
    console.print(scores_table(directory, names, dict(sorted(students.items())), {}))
    console.print(diagnoses_table(directory, names, students))


@main.command()
def release() -> None:
    """Generate release/ from source/, all stages."""
    course = Course(REPOSITORY)
    for stage in STAGES:
        course.generate(stage)
        click.echo(f"release/{stage}/{stage}.ipynb")


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a notebook is not in canonical form.")
def canonical(check: bool) -> None:
    """Bring the notebooks of source/ and notebooks/ into canonical form."""
    changed = [path for folder, keep in (("source", False), ("notebooks", True))
               for path in sorted((REPOSITORY / folder).rglob("*.ipynb"))
               if ".ipynb_checkpoints" not in path.parts and not make_canonical(path, keep_outputs=keep, check=check)]
    for path in changed:
        click.echo(f"{path.relative_to(REPOSITORY)} {'is not' if check else 'brought into'} canonical form")
    if check and changed:
        sys.exit("Run `autograder canonical`.")


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "work" / "student",
              help="The student's folder; made from release/ if it is not there yet.")
def lab(folder: Path) -> None:
    """Open JupyterLab on a student's view: a copy of release/, so that nobody works inside it."""
    for stage in STAGES:
        if not (folder / stage).exists():
            shutil.copytree(REPOSITORY / "release" / stage, folder / stage)
    sys.exit(subprocess.call([sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}"]))


@main.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The zip to write.",
              default=REPOSITORY / "work" / "build-your-own-mlp.zip", show_default=False)
def pack(output: Path) -> None:
    """Make the zip that a student receives: release, wheel, environment, instructions."""
    click.echo(write_pack(REPOSITORY, output))


@main.command()
@stages
@in_course
def solutions(stages: tuple[str, ...], course: Path) -> None:
    """Write the solved notebooks of STAGES to solutions/, to hand out and for the grader to carry from."""
    if not stages:
        raise click.UsageError("name the stages whose solutions are to be put out")
    for stage in stages:
        click.echo(write_solution(REPOSITORY, course.resolve(), stage))


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if the tables are not up to date.")
def guide(check: bool) -> None:
    """Generate the tables of wrong and right solutions in docs/instructor.md."""
    path = REPOSITORY / "docs" / "instructor.md"
    text = path.read_text(encoding="utf-8")
    wanted = with_tables(text)
    if text != wanted and check:
        sys.exit("docs/instructor.md is out of date: run `autograder guide`.")
    if text != wanted:
        path.write_text(wanted, encoding="utf-8")
