"""The ladder: which rung is taken, how one that does not hold is found out, who may run it, and what is said."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from rungs import isolating, offered, probed
from traitlets.config import Config

from autograder.cli import main
from autograder.grading.execute import ExecuteOutside
from autograder.sandbox import LADDER, Limits, NotIsolated, SandboxError, Session, Zygote, canaries, launch, readable
from autograder.sandbox import zygote as zygote_module

ROOT = Path(__file__).resolve().parents[1]
SMALL = Limits(memory=2**30, processes=16, disk=2**24, files=1_000)
on_linux = pytest.mark.parametrize("rung", isolating())


def test_the_strongest_rung_that_holds_is_taken():
    with Zygote() as zygote:
        assert zygote.start().rung == isolating()[0]


def test_every_rung_of_this_machine_was_tried():
    assert probed().keys() == LADDER.keys() and probed()["none"] == ""
    assert all(reason for rung, reason in probed().items() if rung not in offered())


def test_without_bubblewrap_the_next_rung_is_taken(monkeypatch):
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    with Zygote() as zygote:
        if "landlock" in offered():
            assert zygote.start().rung == "landlock"
        else:
            with pytest.raises(NotIsolated):
                zygote.start()
    with Zygote("bwrap") as zygote, pytest.raises(NotIsolated, match="apt install bubblewrap"):
        zygote.start()


def test_where_no_rung_holds_grading_is_refused_unless_none_is_asked_for(monkeypatch, tmp_path):
    def missing(**_):
        raise launch.NoSeccomp("libseccomp is missing")

    monkeypatch.setattr(launch, "seccomp_filter", missing)
    with Zygote() as zygote, pytest.raises(NotIsolated, match="--isolation none") as refused:
        Session(tmp_path, zygote=zygote)
    assert set(refused.value.reasons) == {"bwrap", "landlock"}
    with Zygote("none") as zygote:
        assert "Isolation: none." in zygote.start().sentence


def test_an_unknown_rung_is_refused():
    with pytest.raises(ValueError, match="auto, bwrap, landlock, none"):
        Zygote("docker")


def without_filter(plan):
    return plan._replace(filter=b"")


def without_rules(plan):
    return plan._replace(settings={**plan.settings, "rules": None})


@on_linux
@pytest.mark.parametrize("broken", [without_filter, without_rules])
def test_a_rung_that_lacks_a_part_is_found_out_by_the_canaries(monkeypatch, rung, broken):
    """But where bubblewrap hides all that Landlock would refuse, its loss costs nothing."""
    monkeypatch.setattr(zygote_module, "plan", lambda *args: broken(launch.plan(*args)))
    with Zygote(rung, SMALL) as zygote:
        if rung == "bwrap" and broken is without_rules:
            assert zygote.start().rung == rung
            return
        with pytest.raises(NotIsolated, match="does not stop these attacks"):
            zygote.start()


def test_without_isolation_the_canaries_get_through():
    """The control of the probes: nothing but the rungs stops them."""
    with Zygote("none", SMALL) as zygote, canaries.bait(SMALL) as code:
        zygote.start()
        job = zygote.fork([], "", {})
        succeeded = set(canaries.succeeded(job.run(code, 60)))
        job.end()
    expected = {"read_a_file_of_the_grader", "read_the_hidden_checks", "list_the_grader_s_folder", "write_outside",
                "rename_a_file_outside", "empty_a_file_outside", "change_the_mode_of_a_file_outside",
                "connect_to_the_network", "send_a_datagram", "connect_to_an_abstract_socket", "signal_the_grader",
                "read_the_grader_s_environment", "make_memory_without_a_name", "start_processes_without_end",
                "make_files_without_end"}
    assert expected <= succeeded | ({"make_memory_without_a_name"} if sys.platform != "linux" else set())


def test_the_rung_stays_the_same_for_a_whole_run(monkeypatch):
    with Zygote() as zygote:
        zygote.start()
        zygote._process.kill()
        zygote._process.wait()
        monkeypatch.setattr(launch.shutil, "which", lambda name: None)
        if isolating()[0] == "bwrap":
            with pytest.raises(NotIsolated):
                zygote.start()
        else:
            assert zygote.start().rung == isolating()[0]


def test_a_worker_is_recycled(monkeypatch, tmp_path):
    monkeypatch.setattr(zygote_module, "_MOST_JOBS", 3)
    with Zygote(offered()[0]) as zygote:
        seen = []
        for _ in range(5):
            with Session(tmp_path, zygote=zygote) as session:
                assert session.run_cell("1").status == "ok"
                seen.append(zygote._process.pid)
    assert len(set(seen)) > 1


def test_many_workers_work_at_once(tmp_path):
    workers = [Zygote(offered()[0]) for _ in range(3)]
    sessions = [Session(tmp_path, zygote=worker) for worker in workers]
    for number, session in enumerate(sessions):
        session.run_cell(f"open('mine', 'w').write('{number}')")
    shown = [session.run_cell("print(open('mine').read())").outputs[0].text for session in sessions]
    for each in (*sessions, *workers):
        each.close()
    assert shown == ["0\n", "1\n", "2\n"]


def test_a_worker_leaves_nothing_on_the_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Zygote(offered()[0]) as zygote, Session(ROOT / "docs", zygote=zygote) as session:
        session.run_cell("import os; os.mkdir('x'); open('x/y', 'w').close(); os.chmod('x', 0)")
    assert list(tmp_path.iterdir()) == []


def test_the_grader_s_folders_are_not_readable(tmp_path, monkeypatch):
    """In a clone as well as where the package is installed beside all the others."""
    shown = readable.readable()
    assert {str(readable.INSIDE), str(ROOT / "mlplab")} <= set(shown)
    for part in ("gradebook.db", "autograder/checks", "source"):
        assert not any((ROOT / part).is_relative_to(os.path.realpath(path)) for path in shown)
    for name in ("numpy", "autograder/checks", "autograder/sandbox/inside", "nbgrader"):
        (tmp_path / "site-packages" / name).mkdir(parents=True)
    package = str(tmp_path / "site-packages" / "autograder")
    assert readable._without(str(tmp_path), {package}) == [str(tmp_path / "site-packages" / name)
                                                           for name in ("nbgrader", "numpy")]
    assert readable._grader([package.removesuffix("/autograder")]) >= {str(readable.INSIDE.parents[1])}


def ordinary_user(*command):
    """Runs a command of this environment as somebody who is not root; where this is not root, as who it is."""
    scratch = tempfile.mkdtemp()
    if os.geteuid() == 0:
        # The way down that the sandbox itself takes; the folders of this environment may be closed to others.
        plan = {"uid": 54321, "gid": 54321, "scratch": scratch, "bytes": 2**28, "inodes": 10_000,
                "paths": [sys.prefix, sys.base_prefix, str(ROOT)]}
        command = [sys.executable, "-I", "-S", str(ROOT / "autograder/sandbox/descend.py"), json.dumps(plan), *command]
    try:
        return subprocess.run(command, env=os.environ | {"HOME": scratch, "TMPDIR": scratch}, capture_output=True,
                              text=True)
    finally:
        os.rmdir(scratch)


def test_an_ordinary_user_is_isolated_too():
    script = ("import os, sys; from autograder.sandbox import Zygote\nfor rung in sys.argv[1:]:\n"
              "    with Zygote(rung) as zygote: print(os.getuid() != 0, zygote.start().rung)")
    done = ordinary_user(sys.executable, "-c", script, *isolating())
    assert done.stdout == "".join(f"True {rung}\n" for rung in isolating()), done.stderr


def test_the_doctor_names_every_rung_and_what_is_missing(monkeypatch):
    run = CliRunner().invoke(main, ["doctor"])
    assert run.exit_code == (0 if isolating() else 1)
    for rung in ("bwrap", "landlock"):
        assert LADDER[rung].title in run.output
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    without = " ".join(CliRunner().invoke(main, ["doctor"]).output.split())
    assert "bubblewrap is missing" in without


def test_a_folder_that_is_closed_to_others_is_named(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "deep" / "inside").mkdir(parents=True)
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['_closed_folder'](sys.argv[2]))"
    done = subprocess.run([sys.executable, "-c", code, str(ROOT / "autograder" / "sandbox" / "descend.py"),
                           str(tmp_path / "deep" / "inside")], capture_output=True, text=True)
    closed = Path(done.stdout.strip())
    assert tmp_path.is_relative_to(closed) and not closed.stat().st_mode & 0o001


def test_limits_come_from_the_configuration():
    config = Config({"ExecuteOutside": {"isolation": "none", "memory_limit": 2**28, "cpu_limit": 7, "process_limit": 3,
                                        "disk_limit": 2**20, "file_limit": 9, "total_timeout": 50.0}})
    settings = ExecuteOutside(config=config).settings
    assert settings.limits == Limits(memory=2**28, cpu=7, total=50.0, processes=3, disk=2**20, files=9)
    assert settings.isolation == "none" and ExecuteOutside().settings.isolation == "auto"


def test_a_fault_of_the_machine_is_no_fault_of_the_submission():
    assert issubclass(NotIsolated, SandboxError)
