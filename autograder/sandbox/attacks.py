"""What a hostile notebook would try first: the canaries.

Not imported: its text runs as a cell in a process of the rung to be probed, after `bait` (see `canaries.bait`).
Each attack is named after what it tries, and has succeeded if it returns something true.
"""

import ctypes
import importlib
import os
import socket

bait: dict = globals()["bait"]  # defined by the line that goes before

ATTACKS = []


def attack(function):
    ATTACKS.append(function)
    return function


@attack
def read_a_file_of_the_grader():
    with open(bait["secret"]) as file:
        return file.read()


@attack
def read_the_hidden_checks():
    with open(bait["checks"]) as file:
        return file.read()


@attack
def import_the_hidden_checks():
    return importlib.import_module("autograder.checks")


@attack
def list_the_grader_s_folder():
    return os.listdir(os.path.dirname(bait["secret"]))


@attack
def write_outside():
    with open(os.path.join(bait["folder"], "written"), "w") as file:
        return file.write("x")


@attack
def rename_a_file_outside():
    os.rename(bait["secret"], bait["secret"] + "-taken")
    return True


@attack
def empty_a_file_outside():
    os.truncate(bait["open"], 0)
    return True


@attack
def change_the_mode_of_a_file_outside():
    os.chmod(bait["open"], 0o600)
    return True


@attack
def connect_to_the_network():
    with socket.create_connection(("127.0.0.1", bait["port"]), timeout=2):
        return True


@attack
def send_a_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"x", ("127.0.0.1", bait["port"]))


@attack
def connect_to_an_abstract_socket():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + bait["abstract"])
        return True


@attack
def signal_the_grader():
    os.kill(bait["grader"], 0)
    return True


@attack
def read_the_grader_s_environment():
    with open(f"/proc/{bait['grader']}/environ", "rb") as file:
        return file.read(1) or True


@attack
def read_the_parent_s_memory():
    with open(f"/proc/{os.getppid()}/mem", "rb"):
        return True


@attack
def trace_the_parent():
    seize = 0x4206
    return ctypes.CDLL(None).ptrace(seize, os.getppid(), None, None) == 0


@attack
def find_inherited_descriptors():
    found = []
    for descriptor in range(3, bait["descriptors"]):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return len(found) > 1  # the channel


@attack
def be_root():
    return os.geteuid() == 0


@attack
def become_root():
    os.setresuid(0, 0, 0)
    return True


@attack
def make_a_namespace():
    new_user = 0x10000000
    return ctypes.CDLL(None).unshare(new_user) == 0


@attack
def make_memory_without_a_name():
    return os.memfd_create("x")


@attack
def take_too_much_memory():
    return bytearray(bait["memory"] + 2**20)


@attack
def start_processes_without_end():
    waiting, held = os.pipe()
    children, found = [], False
    try:
        for _ in range(bait["processes"] + 16):
            child = os.fork()
            if child == 0:
                os.close(held)
                os.read(waiting, 1)
                os._exit(0)
            children.append(child)
        found = True
    finally:
        os.close(held)
        os.close(waiting)
        for child in children:
            os.waitpid(child, 0)
    return found


@attack
def fill_the_disk():
    for number in range(2):
        with open(f"big-{number}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, bait["disk"] // 2 + 2**20)
    return True


@attack
def make_files_without_end():
    for number in range(bait["files"] + 1):
        os.close(os.open(f"small-{number}", os.O_CREAT))
    return True


for function in ATTACKS:
    try:
        worked = function()
    except BaseException:
        worked = False
    if worked:
        print(function.__name__)
print("done")
