"""The folders of a judge."""

import socket
import sys
import tempfile

import pytest

from leveling.judge.house import House, short_folder
from leveling.judge.standing_by import StandbyLauncher

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows passes tensors through pipes, which have no paths"
)


@pytest.fixture
def deep(tmp_path, monkeypatch):
    """A folder for temporary files as deep as those of clusters and test runners are."""
    folder = tmp_path / ("deep-" * 12) / ("down-" * 12)
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_sockets_fit_into_a_scratch_folder(deep):
    """The sockets of DataLoader workers can be bound, however deep the folder for temporary files lies."""
    house = House(StandbyLauncher())
    try:
        folder = house.scratch() / "pymp-abcdefgh"
        folder.mkdir()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "listener-abcdefgh"))
    finally:
        house.close()
    assert not house.root.exists()


def test_a_short_folder_is_left_as_it_is(monkeypatch):
    """Who names a folder for temporary files gets it."""
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")
    assert short_folder() == "/var/tmp"
