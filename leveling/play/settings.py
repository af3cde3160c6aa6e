"""What the player set: one small TOML file beside the saves. Read whole or not at all; every fault is named."""

import tomllib
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leveling.places.writing import write_atomically
from leveling.play.settings_file import SLOT, path
from leveling.play.trouble import Trouble


class Settings(BaseModel):
    """Every setting, with what it means. The settings screen is made from this."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    theme: str = Field(default="leveling", title="Theme", description="Colours of the app.")
    editor: str = Field(
        default="",
        title="Editor",
        max_length=400,
        description="Command that opens a file. Empty: LEVELING_EDITOR, VISUAL or EDITOR.",
    )
    editor_place: Literal["auto", "here", "pane", "none"] = Field(
        default="auto",
        title="Editor opens",
        description="auto: a pane inside tmux or zellij, a window of VS Code, else here. none: you open it yourself.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", title="Device", description="Where attempts run. auto: the GPU when there is one."
    )
    reduced_motion: bool = Field(
        default=False, title="Reduced motion", description="No animation, no smooth scrolling."
    )
    slot: str = Field(
        default="main",
        title="Save",
        pattern=f"^{SLOT}$",
        description="Which save is played. Takes effect at the next start.",
    )


def load() -> Settings:
    """The settings on disk, or the defaults where there is no file.

    Raises:
        Trouble: when the file cannot be read or holds what it must not; it names each key.
    """
    file = path()
    try:
        return Settings.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise Trouble(f"{file}: {in_words(error)}. Mend or delete the file; until then the defaults hold.") from error
    except ValueError as error:
        raise Trouble(f"{file} is no TOML: {error}. Mend or delete it; until then the defaults hold.") from error


def changed(settings: Settings, **values: Any) -> Settings:
    """The settings with some values replaced.

    Raises:
        Trouble: when a value does not fit.
    """
    try:
        return Settings.model_validate({**settings.model_dump(), **values})
    except ValidationError as error:
        raise Trouble(in_words(error)) from error


def store(settings: Settings) -> None:
    """Write what differs from the defaults.

    Raises:
        Trouble: when the file cannot be written.
    """
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, tomli_w.dumps(settings.model_dump(exclude_defaults=True)).encode())
    except OSError as error:
        raise Trouble(f"{file} cannot be written: {error.strerror}") from error


def in_words(error: ValidationError) -> str:
    """Each fault as `key: what is wrong`."""
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
