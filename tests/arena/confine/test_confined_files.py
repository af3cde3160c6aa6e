"""What of the file system a confined process reaches."""

import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import leveling
from leveling.arena.confine import readable_paths

HERE = Path(__file__)
TORCH = next((path for path in readable_paths(()) if path.endswith("/torch")), None)


def test_a_file_that_nobody_named_cannot_be_read(confined, tmp_path):
    """Reading is by allow-list: an ordinary file of the same user is out of reach."""
    secret = tmp_path / "save.json"
    secret.write_text("{}")
    assert confined(secret.read_text).errno == errno.EACCES


@pytest.mark.parametrize(
    "path", [HERE, Path(leveling.__file__), Path(leveling.__file__).parent / "world" / "quest.py", Path("/etc/passwd")]
)
def test_nothing_of_ours_and_no_list_of_users_can_be_read(confined, path):
    """The engine, its tests and the system's accounts are not among what torch needs."""
    assert confined(path.read_bytes).errno == errno.EACCES


@pytest.mark.parametrize("folder", [Path.home(), Path("/"), Path("/proc"), HERE.parents[3]])
def test_folders_outside_cannot_be_listed(confined, folder):
    """Not even names are told."""
    assert confined(lambda: os.listdir(folder)).errno == errno.EACCES


@pytest.mark.parametrize("name", ["mem", "environ", "cmdline", "maps", "fd", "status"])
def test_the_judge_cannot_be_seen_through_proc(confined, name):
    """Memory, environment, command line and descriptors of the process that forked the worker are out of reach."""
    judge = os.getpid()
    assert confined(lambda: os.open(f"/proc/{judge}/{name}", os.O_RDONLY)).errno in (errno.EACCES, errno.EPERM)


def test_memory_of_the_judge_cannot_be_opened_for_writing(confined):
    """What an unconfined child of the same user can do (measured), a confined one cannot."""
    judge = os.getpid()
    assert confined(lambda: os.open(f"/proc/{judge}/mem", os.O_RDWR)).errno in (errno.EACCES, errno.EPERM)


def test_its_own_status_can_be_read(confined):
    """Libraries ask /proc/self about memory and threads."""
    outcome = confined(lambda: Path("/proc/self/status").read_text().partition("\n")[0])
    assert outcome.value.startswith("Name:")


@pytest.mark.skipif(TORCH is None, reason="torch is not installed here")
def test_the_files_of_torch_can_be_read(confined):
    """Lazy imports and `inspect.getsource` go on working."""
    assert confined(lambda: len(os.listdir(TORCH)) > 10 and os.path.getsize(f"{TORCH}/__init__.py") > 0).value is True
    assert confined(lambda: Path(str(TORCH), "__init__.py").read_bytes()[:1] != b"").value is True


def test_the_standard_library_can_be_imported_late(confined):
    """A module that nobody imported before the fork still loads."""
    assert "wave" not in sys.modules
    assert confined(lambda: __import__("wave").__name__).value == "wave"


@pytest.mark.parametrize("place", ["{tmp}/new", "/dev/shm/new", "/tmp/leveling-new", str(HERE.with_name("new"))])
def test_nothing_can_be_written_without_a_scratch_folder(confined, tmp_path, place):
    """No file is made anywhere: disk, temporary folder, shared memory."""
    path = Path(place.format(tmp=tmp_path))
    assert confined(lambda: path.write_text("x")).errno == errno.EACCES
    assert not path.exists()


def test_existing_files_cannot_be_changed_in_any_way(confined, tmp_path):
    """Neither opened for writing, cut short, renamed, linked, nor removed."""
    mine = tmp_path / "save.json"
    mine.write_text("kept")
    attempts = (
        lambda: os.open(mine, os.O_WRONLY),
        lambda: os.truncate(mine, 0),
        lambda: os.rename(mine, tmp_path / "other"),
        lambda: os.link(mine, tmp_path / "link"),
        lambda: os.symlink(mine, tmp_path / "link"),
        lambda: os.unlink(mine),
        lambda: os.mkdir(tmp_path / "folder"),
        lambda: os.mkfifo(tmp_path / "pipe"),
    )
    assert {confined(attempt).errno for attempt in attempts} <= {errno.EACCES, errno.EPERM, errno.EXDEV}
    assert mine.read_text() == "kept"
    assert os.listdir(tmp_path) == ["save.json"]


@pytest.mark.parametrize("change", [lambda path: os.chmod(path, 0o777), lambda path: os.utime(path, (1, 1))])
def test_modes_and_times_are_refused_without_scratch(confined, tmp_path, change):
    """Landlock does not see these calls, the filter does."""
    mine = tmp_path / "save.json"
    mine.write_text("kept")
    mine.chmod(0o600)
    assert confined(lambda: change(mine)).errno == errno.EPERM
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600


def test_with_scratch_a_chmod_is_answered_and_changes_nothing(confined, scratch, tmp_path):
    """Copying a file works, and still no file of the user changes its mode or owner."""
    mine = tmp_path / "save.json"
    mine.write_text("kept")
    mine.chmod(0o600)

    def copy_and_reach_out() -> str:
        os.chmod(mine, 0o777)
        os.chown(mine, 1, 1)
        Path(scratch, "a").write_text("text")
        shutil.copy2(Path(scratch, "a"), Path(scratch, "b"))
        return Path(scratch, "b").read_text()

    assert confined(copy_and_reach_out, scratch=scratch).value == "text"
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600
    assert mine.stat().st_uid == os.getuid()


def test_the_scratch_folder_is_an_ordinary_folder(confined, scratch):
    """Files and folders are made, renamed, linked, cut and removed there."""

    def work() -> list[str]:
        root = Path(scratch)
        (root / "one").mkdir()
        (root / "one" / "file").write_bytes(bytes(1000))
        os.truncate(root / "one" / "file", 10)
        os.rename(root / "one" / "file", root / "moved")
        os.symlink("moved", root / "link")
        os.link(root / "moved", root / "hard")
        os.rmdir(root / "one")
        os.unlink(root / "hard")
        return sorted(os.listdir(root))

    assert confined(work, scratch=scratch).value == ["link", "moved"]


def test_temporary_files_go_to_the_scratch_folder(confined, scratch):
    """`tempfile` is told where it may write, even where it had chosen a folder before."""
    tempfile.gettempdir()
    assert confined(lambda: os.path.dirname(tempfile.mkstemp()[1]), scratch=scratch).value == scratch


def test_a_link_made_in_scratch_does_not_lead_out(confined, scratch, tmp_path):
    """Rights follow the file, not the name."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    link = Path(scratch, "link")

    def follow() -> str:
        link.symlink_to(secret)
        return link.read_text()

    assert confined(follow, scratch=scratch).errno == errno.EACCES


def test_a_file_grows_to_the_limit_and_no_further(confined, scratch):
    """Python ignores the signal, so that writing on is an error with a name."""

    def write(size: int) -> int:
        with open(os.path.join(scratch, "f"), "wb", buffering=0) as file:
            file.write(bytes(size))
            return file.write(b"x")

    assert confined(lambda: write(999_999), scratch=scratch, file_bytes=1_000_000).value == 1
    assert confined(lambda: write(1_000_000), scratch=scratch, file_bytes=1_000_000).errno == errno.EFBIG


def test_programs_in_scratch_cannot_be_run(confined, scratch):
    """A file that was written there is data."""
    program = Path(scratch, "program")
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    assert confined(lambda: subprocess.run([program], check=False), scratch=scratch).error == "PermissionError"


def test_a_named_socket_of_the_user_cannot_be_reached(confined, tmp_path, monkeypatch):
    """Landlock lets such a connection through on most kernels; services of the user would run programs for it."""
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as service:
        service.bind("service")
        service.listen()
        assert confined(lambda: socket.socket(socket.AF_UNIX).connect("service")).errno == errno.EPERM


def test_the_null_device_takes_output(confined):
    """Code that silences itself goes on working."""

    def silence() -> int:
        with open(os.devnull, "w") as null:
            return null.write("quiet")

    assert confined(silence).value == len("quiet")


def test_randomness_is_there(confined):
    """From the system call and from the device."""

    def drawn() -> int:
        with Path("/dev/urandom").open("rb") as device:
            return len(os.urandom(8)) + len(device.read(8))

    assert confined(drawn).value == 16


def test_a_path_that_does_not_exist_grants_nothing_and_harms_nothing(confined, tmp_path):
    """A policy may name what this machine lacks."""
    assert confined(lambda: "alive", read=(str(tmp_path / "missing"),)).value == "alive"
