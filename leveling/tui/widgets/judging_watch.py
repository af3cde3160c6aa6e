"""Notice that a watched file was saved. Saves that follow each other quickly are told once."""

import contextlib
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

from textual.message import Message
from textual.screen import Screen

SETTLE_MS = 60
STEP_MS = 8  # without a further change for that long, a save is over
TELLING_MS = 250


class Saved(Message):
    """A watched file was written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class Unwatched(Message):
    """Files cannot be watched here; judging goes on by key."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class FileWatch:
    """Watches the folder of some files (editors replace files) from a thread until `stop`."""

    def __init__(self, screen: Screen[Any]) -> None:
        self.screen = screen
        self._ended = threading.Event()
        self.began = threading.Event()

    def start(self, folder: Path, files: Collection[Path]) -> None:
        """Tell the screen with `Saved` of every save of `files`, which lie in `folder`."""
        self.stop()
        self._ended = ended = threading.Event()
        wanted = {path.resolve(): path for path in files}
        self.screen.run_worker(
            lambda: self._watch(folder, wanted, ended), thread=True, group="watching", exit_on_error=False
        )

    def stop(self) -> None:
        """End the thread. Safe to call twice."""
        self._ended.set()

    def _watch(self, folder: Path, wanted: dict[Path, Path], ended: threading.Event) -> None:
        before = {path: _stamp(path) for path in wanted}
        try:
            import watchfiles

            notices = watchfiles.watch(
                folder,
                watch_filter=None,  # its default passes over files below folders such as .venv
                stop_event=ended,
                debounce=SETTLE_MS,
                step=STEP_MS,
                rust_timeout=TELLING_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=False,
            )
            for changes in notices:
                saved = {Path(name).resolve() for kind, name in changes if kind is not watchfiles.Change.deleted}
                if not self.began.is_set():  # what was saved before the system watched
                    saved |= {path for path in wanted if _stamp(path) != before[path]}
                    self.began.set()
                for path in saved & wanted.keys():
                    self._post(Saved(wanted[path]))
        except (OSError, RuntimeError, ImportError) as error:  # no such folder; no watches left on this system
            if not ended.is_set():
                self._post(Unwatched(str(error)))

    def _post(self, message: Message) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile and its loop is closed
            self.screen.post_message(message)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
