"""What every test takes for granted, and the rungs of the sandbox that hostile submissions are tried on."""

import os
import sys
from pathlib import Path

import pytest

# nbgrader calls programs of its environment by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

os.environ["MPLBACKEND"] = "agg"

# The tests run in as many processes as there are cores; NumPy would take all cores in each of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for an arena runs on every rung that this machine offers."""
    if "arena" in metafunc.fixturenames:
        from rungs import isolating

        metafunc.parametrize("arena", isolating(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def arena(request, tmp_path_factory):
    """The ground for attacks on one rung."""
    from hostile import Arena

    arena = Arena(request.param, tmp_path_factory.mktemp("submission"))
    yield arena
    arena.close()


@pytest.fixture(scope="session")
def open_field(tmp_path_factory):
    """The same without isolation: where an attack succeeds, or it would prove nothing elsewhere."""
    from hostile import Arena

    arena = Arena("none", tmp_path_factory.mktemp("submission"))
    yield arena
    arena.close()


def pytest_terminal_summary(terminalreporter) -> None:
    """Says on which rungs attacks were tried, where they were."""
    names = [report.nodeid for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    if any("test_hostile" in name for name in names):
        tried = [rung for rung in ("bwrap", "landlock") if any(f"[{rung}" in name for name in names)]
        terminalreporter.write_line(f"Attacks were tried on these rungs of the sandbox: {', '.join(tried) or 'none'} "
                                    "(`autograder doctor` says why not on others).")
