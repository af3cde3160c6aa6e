"""The key: private, backed up, in no export."""

import os
import stat

import pytest

from leveling.certificate.keys import backup_of, key_of, path_of
from leveling.certificate.refusal import CannotExport


@pytest.fixture
def save(tmp_path):
    return tmp_path / "saves" / "main.toml"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_its_owner_can_read_it(save):
    """The key and its copy have mode 600, also when someone had opened them up."""
    key_of(save)
    path_of(save).chmod(0o644)
    key_of(save)
    for path in (path_of(save), backup_of(save)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_made_once_and_comes_back_from_its_copy(save):
    """The same key for every export, also after the file was lost; another save has another key."""
    first = key_of(save).did
    assert key_of(save).did == first
    path_of(save).unlink()
    assert key_of(save).did == first
    assert key_of(save.with_name("other.toml")).did != first


def test_a_spoilt_key_is_said_and_left_alone(save):
    """Never overwritten: it may be what is left of the only one."""
    key_of(save)
    path_of(save).write_text("nonsense")
    with pytest.raises(CannotExport, match="holds no Ed25519 key"):
        key_of(save)
    assert path_of(save).read_text() == "nonsense"


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "json", "bundle"])
def test_no_export_holds_the_private_half(exported, key, form):
    """Neither raw nor in hexadecimal."""
    secret = key.private.private_bytes_raw()
    data = exported(form)
    assert secret not in data
    assert secret.hex().encode() not in data.lower()
    assert b"PRIVATE KEY" not in data
