"""Notebooks that reach beyond themselves: to files, the network, other processes, the next submission.

Every attack runs on every rung that this machine offers, and once without isolation, where it must succeed.
"""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile

import psutil
import pytest

# Files


@pytest.fixture
def target(tmp_path):
    """A file that everybody may write, in a folder that everybody may write."""
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in str(folder) and folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    tmp_path.chmod(0o777)
    file = tmp_path / "grades.csv"
    file.write_text("bob,3\n")
    file.chmod(0o666)
    os.utime(file, (1, 1))
    return file


WRITING = {
    "over_a_file": "open('{target}', 'w').write('bob,0')",
    "to_the_end_of_a_file": "open('{target}', 'a').write('eve,99')",
    "a_new_file": "open('{target}.new', 'w').write('x')",
    "a_new_folder": "import os; os.mkdir('{target}.new')",
    "by_deleting": "import os; os.remove('{target}')",
    "by_renaming": "import os; os.rename('{target}', '{target}.old')",
    "by_emptying": "import os; os.truncate('{target}', 0)",
    "by_replacing_it_with_a_link": "import os; os.symlink('/etc/passwd', '{target}.new')",
    "by_moving_a_file_of_its_own_out": "import os; open('x', 'w').close(); os.replace('x', '{target}')",
    "by_linking_a_file_of_its_own_out": "import os; open('x', 'w').close(); os.link('x', '{target}.new')",
    "over_a_link_of_its_own": "import os; os.symlink('{target}', 'x'); open('x', 'w').write('bob,0')",
    "with_another_program": "import subprocess; subprocess.run(['sh', '-c', 'echo eve,99 >> {target}'])",
}


def state(target):
    return [(path.name, path.is_symlink() or path.is_dir() or path.read_text())
            for path in sorted(target.parent.iterdir())]


@pytest.mark.parametrize("how", WRITING)
def test_writing_outside(arena, open_field, target, how):
    before = state(target)
    cell = WRITING[how].format(target=target)
    arena.attack(cell)
    assert state(target) == before
    open_field.attack(cell)
    assert state(target) != before


METADATA = {"mode": "os.chmod('{target}', 0o600)", "times": "os.utime('{target}', (5, 5))"}


@pytest.mark.parametrize("what", METADATA)
def test_changing_outside_the(arena, open_field, target, what):
    before = target.stat()
    cell = "import os\n" + METADATA[what].format(target=target)
    arena.attack(cell)
    after = target.stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    open_field.attack(cell)
    changed = target.stat()
    assert (changed.st_mode, changed.st_mtime) != (before.st_mode, before.st_mtime)


@pytest.mark.parametrize("path", ["mlplab.__file__", "np.__file__", "sys.executable", "sys.modules['inside'].__file__"])
def test_changing_the_student_environment_for_those_who_come_after(arena, path):
    cell = f"import os, sys, mlplab\nimport numpy as np\nopen({path}, 'ab').write(b'')\nprint('changed')"
    stopped = arena.attack(cell)
    assert stopped.text == "" and "Error" in stopped.errors
    assert arena.attack(cell.replace(path, "'own'")).text == "changed\n"  # the control: as harmless as it must be here


# Network


@pytest.fixture
def listening():
    """A TCP port, a UDP port and Unix sockets of each kind: where they are, and who of them has heard something."""
    names = [f"\0hostile-{os.getpid()}", f"\0hostile-{os.getpid()}-datagram"]
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "log")
    sockets = {"tcp": socket.create_server(("127.0.0.1", 0)), "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
               "abstract": socket.socket(socket.AF_UNIX),
               **{kind: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for kind in ("abstract_datagram", "datagram")}}
    for kind, address in zip(list(sockets)[1:], [("127.0.0.1", 0), *names, path], strict=True):
        sockets[kind].bind(address)
    sockets["abstract"].listen()
    os.chmod(path, 0o777)
    yield {"tcp": sockets["tcp"].getsockname()[1], "udp": sockets["udp"].getsockname()[1],
           "abstract": names[0], "abstract_datagram": names[1], "datagram": path}, \
        lambda kind, seconds: sockets[kind] in select.select([sockets[kind]], [], [], seconds)[0]
    for each in sockets.values():
        each.close()
    shutil.rmtree(folder)


BY_A_PAIR = "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', {address})"
"""A pair of sockets, which everybody may have, and an address to which one of them sends."""

NETWORK = {
    "tcp": "socket.create_connection(('127.0.0.1', {tcp}), timeout=2)",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp}))",
    "abstract": "socket.socket(socket.AF_UNIX).connect({abstract!r})",
    "abstract_datagram": BY_A_PAIR.format(address="{abstract_datagram!r}"),
    "datagram": BY_A_PAIR.format(address="{datagram!r}"),
}


@pytest.mark.parametrize("kind", NETWORK)
def test_sending_answers_home_by(arena, open_field, listening, kind):
    places, heard = listening
    cell = "import socket\n" + NETWORK[kind].format(**places)
    assert "Error" in arena.attack(cell).errors
    assert not heard(kind, 0)
    open_field.attack(cell)
    assert heard(kind, 10)


def test_a_pair_of_sockets_of_its_own_is_nobody_s_harm(arena):
    cell = ("import socket, asyncio\none, two = socket.socketpair()\none.send(b'x')\nawait asyncio.sleep(0)\n"
            "print(two.recv(9))")
    assert arena.attack(cell).text == "b'x'\n"


# Processes


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_killing_another_process(arena, open_field, sleeper):
    cell = f"import os, signal\nos.kill({sleeper.pid}, signal.SIGKILL)"
    assert "Error" in arena.attack(cell).errors
    assert sleeper.poll() is None
    open_field.attack(cell)
    assert sleeper.wait(10) == -signal.SIGKILL


KILLING = {
    "by_a_descriptor_that_signals": """
import fcntl, os, time
reading, writing = os.pipe()
fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
fcntl.fcntl(reading, 8, {pid})   # F_SETOWN
fcntl.fcntl(reading, 10, 9)      # F_SETSIG, SIGKILL
os.write(writing, b"x")
time.sleep(0.2)""",
    "by_a_limit_on_its_time": """
import ctypes, struct
ctypes.CDLL(None).prlimit({pid}, 0, struct.pack("QQ", 0, 0), None)""",
    "by_a_thread_s_id": "import ctypes; ctypes.CDLL(None).tgkill({pid}, {pid}, 9)",
    "by_a_queued_signal": "import ctypes; ctypes.CDLL(None).sigqueue({pid}, 9, None)",
    "by_a_descriptor_for_it": "import os, signal; signal.pidfd_send_signal(os.pidfd_open({pid}), 9)",
}


@pytest.fixture
def busy():
    process = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("way", KILLING)
def test_killing_another_process_behind_the_back_of_kill(arena, open_field, busy, way):
    cell = KILLING[way].format(pid=busy.pid)
    arena.attack(cell)
    assert busy.poll() is None
    open_field.attack(cell)
    assert busy.wait(20) == -signal.SIGKILL


# mmap a few bytes of machine code: the 32-bit way into the kernel, `int 0x80`, with the number of getpid there.
COMPATIBLE = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print("answered" if call() > 0 else "refused")
"""


def test_entering_the_kernel_by_another_door(arena):
    """On x86-64 a filter that looks at numbers only would take those of 32 bits, and of x32, for something else."""
    assert "answered" not in arena.attack(COMPATIBLE).text
    x32 = "import ctypes; print('answered' if ctypes.CDLL(None).syscall(0x40000000 + 39) > 0 else 'refused')"
    assert "answered" not in arena.attack(x32).text
    assert arena.attack("import ctypes; print(ctypes.CDLL(None).getpid() > 0)").text == "True\n"  # the control


def test_killing_all_processes_that_can_be_killed(arena, sleeper):
    """Without isolation that would be the end of the session of whoever runs the tests; the control is one signal 0."""
    arena.attack("import os, signal\nos.kill(-1, signal.SIGKILL)")
    assert sleeper.poll() is None


def test_killing_the_warm_process(arena, open_field):
    cell = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(5)"
    with arena.hostile() as session:
        process = arena.worker._process
        session.run_cell(cell)
        assert process.poll() is None
    assert arena.worker._process is process
    assert "has died" in open_field.attack(cell).reason


def test_stopping_the_warm_process(arena):
    assert "Error" in arena.attack("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)").errors


DAEMON = """
import os, time
def daemon():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    name = open("/proc/self/comm", "w") if os.path.exists("/proc/self") else None
    import ctypes
    ctypes.CDLL(None).prctl(15, b"{name}", 0, 0, 0)
    while True:
        time.sleep(0.05)
daemon()
time.sleep(0.3)
print("begun")
"""


def running(name):
    return [process for process in psutil.process_iter(["name"]) if process.info["name"] == name
            and process.status() != psutil.STATUS_ZOMBIE]


def test_a_daemon_that_outlives_its_submission(arena, open_field):
    name = f"daemon-{os.getpid() % 100000}"
    cell = DAEMON.format(name=name)
    begun = arena.attack(cell).text
    assert running(name) == []
    assert begun == ("begun\n" if arena.rung == "bwrap" else "")  # on the second rung it does not even begin
    open_field.attack(cell)
    left = running(name)
    assert left
    for process in left:
        process.kill()


# The next submission on the same worker

LEAVING = """
import builtins, os, random, sys, tempfile
import numpy as np
open('left.txt', 'w').write('answers'); open(os.path.join(tempfile.gettempdir(), 'left.txt'), 'w').write('answers')
builtins.left = np.left = sys.left = 'answers'
os.environ['LEFT'] = 'answers'
np.random.seed(7); random.seed(7)
"""
FINDING = """
import builtins, glob, os, random, sys, tempfile
import numpy as np
print(glob.glob('*'), glob.glob(tempfile.gettempdir() + '/*'), hasattr(builtins, 'left'), hasattr(np, 'left'),
      hasattr(sys, 'left'), 'LEFT' in os.environ)
drawn = np.random.random(), random.random()
np.random.seed(7); random.seed(7)
print(drawn[0] == np.random.random(), drawn[1] == random.random())
"""


def test_leaving_answers_for_the_next_submission(arena):
    arena.attack(LEAVING)
    nothing = "[] [] False False False False\nFalse False\n"
    assert arena.attack(FINDING).text == nothing
    both = arena.attack(LEAVING, FINDING).text  # the control: in the same notebook all of it is found
    assert "left.txt" in both and "True True True True" in both


DEEP = """
import os
for name in range(600):
    os.mkdir('d'); os.chdir('d')
os.mkdir('closed'); open('closed/file', 'w').close(); os.symlink('/', 'link'); os.mkfifo('pipe')
try:
    os.chmod('closed', 0)
except OSError:
    pass
print('made')
"""


def test_leaving_what_cannot_be_deleted(arena):
    """Folders so deep that no path reaches the bottom, folders that may not be entered, links, pipes."""
    assert arena.attack(DEEP).text == "made\n"
    process = arena.worker._process
    assert arena.attack(FINDING).text.startswith("[] []")
    assert arena.worker._process is process
