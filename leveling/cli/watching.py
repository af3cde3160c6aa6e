"""`leveling attempt ID --watch`: judge at every save. Saves that follow each other quickly are judged once, the last."""

import argparse
import threading
from pathlib import Path

from leveling.cli.attempt import judge_once
from leveling.cli.terminal import complain, paint, say
from leveling.judge.client import JudgeClient
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest

SETTLE_MS = 60


def watch(game: Game, quest: Quest, path: Path, client: JudgeClient, options: argparse.Namespace) -> int:
    """Until Ctrl-C. A save during an attempt stops it and begins the next. Exit status of the last whole attempt."""
    if not path.parent.is_dir():
        raise Trouble(f"there is no folder {path.parent}. Write the file with: leveling start {quest.id}")
    client.warm(("torch._dynamo",))
    changed, ended = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_notice, args=(path, quest, changed, ended, client), daemon=True)
    watcher.start()
    status = 1
    try:
        while True:
            changed.clear()
            status = _judge(game, quest, path, client, options, status)
            if not changed.is_set():
                say(paint(f"\nwatching {path}; Ctrl-C ends it", "dim"))
            changed.wait()
            say(paint("-" * 40, "dim"))
    except KeyboardInterrupt:
        return status
    finally:
        ended.set()


def _judge(game: Game, quest: Quest, path: Path, client: JudgeClient, options: argparse.Namespace, before: int) -> int:
    try:
        status = judge_once(game, quest, path, client, options)
    except Trouble as trouble:  # a file that is being replaced, or is a mess for the moment: say so and go on watching
        complain(str(trouble))
        return 2
    return before if status == 130 else status


def _notice(path: Path, quest: Quest, changed: threading.Event, ended: threading.Event, client: JudgeClient) -> None:
    """Tell of saves of the file; in a dungeon of any file of the project, since the floor may import it."""
    import watchfiles

    wanted = path.resolve()

    def is_wanted(saved: Path) -> bool:
        return saved == wanted or (is_floor(quest.id) and saved.suffix == ".py" and saved.parent == wanted.parent)

    for changes in watchfiles.watch(path.parent, stop_event=ended, debounce=SETTLE_MS, step=20, raise_interrupt=False):
        if any(is_wanted(Path(name).resolve()) for _, name in changes):
            changed.set()
            client.cancel()
