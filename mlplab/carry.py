"""Carrying the student's own functions from an earlier stage's notebook into a later one.

Only what the functions need comes along: a notebook's definitions are read from its file, the wanted functions are
looked up in its solution cells, and with them the imports, constants and helpers whose names they mention. Nothing
else of the earlier notebook is run.
"""

import ast
import dis
import json
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import CodeType

from IPython.core.inputtransformer2 import TransformerManager

from mlplab.exercises import STAGES, Stage


@dataclass(frozen=True)
class _Statement:
    """One top-level statement of a notebook."""

    node: ast.stmt
    filename: str
    defines: frozenset[str]
    needs: frozenset[str]
    in_solution: bool


@dataclass
class Carried:
    """What was found in an earlier stage's notebook.

    Attributes:
        stage: which stage.
        functions: by name, one for each exercise of the stage; those not found raise NotImplementedError when called.
        origins: for each name "your notebook", "the released solution" or None where it is missing.
        path, saved: the student's notebook, and when it was saved; None where there is none.
        problems: a sentence for each thing that went wrong.
    """

    stage: Stage
    functions: dict[str, Callable] = field(default_factory=dict)
    origins: dict[str, str | None] = field(default_factory=dict)
    path: Path | None = None
    saved: datetime | None = None
    problems: list[str] = field(default_factory=list)


def carry(stage: Stage, course: Path, *, solution_for: frozenset[str] = frozenset()) -> Carried:
    """The functions of an earlier stage, the student's own where there are such.

    Inputs:
        stage: the earlier stage.
        course: the folder that holds the stages' folders, `01-activation/01-activation.ipynb` and so on.
        solution_for: names to take from the released solution, `01-activation/01-activation-solution.ipynb`, though
            the student has them. Names that the student does not have are taken from it anyway, where it is there.
    """
    earlier: dict[str, Callable] = {}
    for name in stage.builds_on:
        earlier |= carry(STAGES[name], course).functions
    carried = Carried(stage)
    own = course / stage.name / f"{stage.name}.ipynb"
    solution = course / stage.name / f"{stage.name}-solution.ipynb"
    taken, released = {}, {}
    if own.exists():
        carried.path, carried.saved = own, datetime.fromtimestamp(own.stat().st_mtime)
        taken = _take(own, stage, earlier, carried.problems)
    else:
        carried.problems.append(f"There is no notebook `{stage.name}/{stage.name}.ipynb` beside this one's folder.")
    if solution.exists():
        released = _take(solution, stage, earlier, carried.problems)
    for exercise in stage.exercises:
        name = exercise.name
        written = name in taken and not _is_stub(taken[name])
        if name in released and (name in solution_for or not written):
            carried.functions[name], carried.origins[name] = released[name], "the released solution"
        elif written:
            carried.functions[name], carried.origins[name] = taken[name], "your notebook"
        else:
            carried.functions[name], carried.origins[name] = _missing(name, stage), None
    return carried


def _missing(name: str, stage: Stage) -> Callable:
    """Stands in for a function that is not there, and says so when it is called."""

    def missing(*args: object) -> None:
        error = NotImplementedError(f"`{name}` of stage {stage.name} is not written yet")
        error.needed = name
        raise error

    return missing


def _take(path: Path, stage: Stage, earlier: dict[str, Callable], problems: list[str]) -> dict[str, Callable]:
    """The stage's functions that a notebook defines, each with what it needs."""
    try:
        statements = list(_statements(path, problems))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"`{path.name}` could not be read as a notebook ({type(error).__name__}).")
        return {}
    wanted = {exercise.name for exercise in stage.exercises}
    chosen = _closure(statements, wanted)
    namespace: dict[str, object] = {"__name__": f"carried from {stage.name}", **earlier}
    for statement in chosen:
        try:
            exec(compile(ast.Module([statement.node], []), statement.filename, "exec"), namespace)
        except Exception as error:  # whatever the notebook's line may raise: the function that needs it will say so
            names = ", ".join(f"`{name}`" for name in sorted(statement.defines))
            problems.append(f"{names} in `{path.name}` raised {type(error).__name__}: {error}.")
    return {name: namespace[name] for name in wanted if callable(namespace.get(name)) and name not in earlier}


def _statements(path: Path, problems: list[str]) -> Iterator[_Statement]:
    """The top-level statements of a notebook's code cells, in order; cells that do not compile are reported."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"], start=1):
        marks = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or (marks.get("grade") and not marks.get("solution")):
            continue
        source = TransformerManager().transform_cell("".join(cell["source"]))
        filename = f"{path.name}, cell {number}"
        try:
            nodes = ast.parse(source, filename).body
        except (SyntaxError, ValueError) as error:
            problems.append(f"Cell {number} of `{path.name}` does not compile: {error}.")
            continue
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        for node in nodes:
            defines, needs = _names(node)
            if defines:
                yield _Statement(node, filename, defines, needs, bool(marks.get("solution")))


def _names(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a statement defines at the top level, and the global ones that it looks up."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        defines = {node.name}
    elif isinstance(node, ast.Import | ast.ImportFrom):
        defines = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        defines = {part.id for target in targets for part in ast.walk(target)
                   if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    else:
        defines = set()
    return frozenset(defines), frozenset(_global_names(compile(ast.Module([node], []), "<cell>", "exec")) - defines)


def _global_names(code: CodeType) -> set[str]:
    """The global names that some code, or a function defined in it, looks up."""
    names = {instruction.argval for instruction in dis.get_instructions(code)
             if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names


def _closure(statements: list[_Statement], wanted: set[str]) -> list[_Statement]:
    """Those statements, in order, that define a wanted name or something that one of them needs."""
    final = {}
    for name in wanted:
        defining = [statement for statement in statements if name in statement.defines]
        in_solution = [statement for statement in defining if statement.in_solution]
        if defining:
            final[name] = (in_solution or defining)[-1]
    chosen: set[int] = set()
    pending = set(wanted)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        seen.add(name)
        defining = [final[name]] if name in final else [s for s in statements if name in s.defines]
        for statement in defining:
            chosen.add(id(statement))
            pending |= statement.needs - seen
    return [statement for statement in statements if id(statement) in chosen]


def _is_stub(function: Callable) -> bool:
    """Whether the function does nothing but raise NotImplementedError: a released stub, as it was."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_names == ("NotImplementedError",)
