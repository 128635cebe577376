"""The tables of wrong and right solutions in the instructor's guide, generated from the casebooks."""

from autograder.checks import all_checks
from autograder.misconceptions import casebook
from mlplab.exercises import STAGES

_BEGIN = "<!-- The tables below are generated: run `autograder guide`. -->\n"


def with_tables(guide: str) -> str:
    """The text of the guide with everything below the marker generated anew; ValueError where there is no marker."""
    kept, marker, _ = guide.partition(_BEGIN)
    if not marker:
        raise ValueError(f"the guide has no line {_BEGIN.strip()!r}")
    return kept + marker + "".join(_tables())


def _tables():
    for stage in STAGES.values():
        book = casebook(stage)
        yield (f"\n### {stage.name}: wrong solutions\n\n| exercise | what was written | the thought behind it | "
               "caught where it | diagnosis |\n|---|---|---|---|---|\n")
        exercises = {}  # the three backward passes share their slips
        for wrong in book.wrongs:
            exercises.setdefault(wrong.function, []).append(f"`{wrong.exercise}`")
        for wrong in {wrong.function: wrong for wrong in book.wrongs}.values():
            check = next(check for check in all_checks(stage, wrong.exercise) if check.name == wrong.caught_by)
            kind = "" if check.visible else " (hidden)"
            yield (f"| {', '.join(exercises[wrong.function])} | {wrong.title} | {_cell(wrong.thought)} | "
                   f"{check.title}{kind} | {wrong.diagnosis or '–'} |\n")
        yield f"\n### {stage.name}: right solutions in other styles\n\n| exercise | styles |\n|---|---|\n"
        for exercise in stage.exercises:
            styles = [right.style for right in book.rights if right.exercise == exercise.name]
            yield f"| `{exercise.name}` | {_cell('; '.join(styles))} |\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
