"""The `autograder` command: what an instructor and a contributor do beside `nbgrader`'s own commands."""

import shutil
import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console

from autograder.cli.demo import run_demo
from autograder.cli.doctor import diagnose
from autograder.cli.guide import with_tables
from autograder.cli.handout import pack as write_pack
from autograder.cli.handout import write_solution
from autograder.cli.report import diagnoses_table, scores_table
from autograder.cli.submissions import demo_class
from autograder.grading.course import Course
from autograder.notebooks import make_canonical
from autograder.sandbox import LADDER, SandboxError
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[2]
"""The clone: these commands work on its `source/`, and are installed from it in place."""

stages = click.argument("stages", nargs=-1, type=click.Choice(list(STAGES)))


def _console() -> Console:
    """The terminal; where there is none, room for the tables."""
    return Console() if sys.stdout.isatty() else Console(width=120)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build Your Own MLP, the instructor's side. Generating, collecting and grading are nbgrader's own commands."""


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=REPOSITORY / "work" / "demo", show_default=False,
              help="Where to make the demo's course directory (made anew; work/demo if left out).")
@click.option("--isolation", type=click.Choice(["auto", *LADDER]), default="auto",
              help="What keeps a submission from doing harm (the strongest that this machine offers, if left out).")
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
@stages
@click.option("--course", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(),
              help="The course directory; the current one if left out.")
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
@click.option("--course", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(),
              help="The course directory; the current one if left out.")
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
