"""`leveling saves`: list, check, back up, restore, export and import."""

import argparse
import shutil
from pathlib import Path

from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import paint, say
from leveling.play.game import in_words
from leveling.play.trouble import Trouble
from leveling.saving import SaveTrouble, Store, backups
from leveling.saving.store import slots


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling saves list|check|backup|restore|export|import`."""
    parser = commands.add_parser("saves", help="look after what happened so far")
    actions = parser.add_subparsers(dest="action", metavar="list|check|backup|restore|export|import", required=True)
    for name, help_text in (
        ("list", "every save and its backups"),
        ("check", "whether each can be read"),
        ("backup", "keep the present state now"),
    ):
        _slotted(actions.add_parser(name, help=help_text))
    restore = actions.add_parser("restore", help="put a backup in the save's place; the present file is kept beside it")
    restore.add_argument(
        "backup", metavar="NAME", nargs="?", help="as `saves list` prints it; without it the newest good one"
    )
    _slotted(restore)
    for name, help_text in (("export", "copy the save to a file"), ("import", "take a save from a file")):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("file", metavar="FILE", type=Path)
        _slotted(action)


def _slotted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slot", metavar="NAME", help="another save than main (also: LEVELING_SLOT)")


def run(options: argparse.Namespace) -> int:
    """Do the one thing; trouble with a save is one message and status 2."""
    open_catalog(options)
    try:
        return _ACTIONS[options.action](options)
    except SaveTrouble as trouble:
        raise in_words(trouble) from trouble


def _list(options: argparse.Namespace) -> int:
    del options
    names = slots()
    if not names:
        say("There is no save yet: it is written with the first thing you do.")
    for name in names:
        store = Store(name)
        say(f"{paint(name, 'bold')}  {store.path}")
        for moment, path in backups.listed(store.path):
            say(f"  {path.stem}   {moment.astimezone():%Y-%m-%d %H:%M}")
    return 0


def _check(options: argparse.Namespace) -> int:
    del options
    bad = 0
    for name in slots():
        try:
            record = Store(name).load()
        except SaveTrouble as trouble:
            bad += 1
            say(f"{name}: {in_words(trouble)}")
        else:
            say(f"{name}: good, {sum(quest.is_cleared for quest in record.quests.values())} quests cleared")
    return 2 if bad else 0


def _backup(options: argparse.Namespace) -> int:
    say(str(Store(options.slot).back_up()))
    return 0


def _restore(options: argparse.Namespace) -> int:
    store = Store(options.slot)
    chosen = (
        {path.stem: path for _, path in backups.listed(store.path)}.get(options.backup)
        if options.backup
        else store.newest_good_backup()
    )
    if chosen is None:
        raise Trouble(
            "there is no such backup; `leveling saves list` names them" if options.backup else "there is no good backup"
        )
    aside = store.restore(chosen)
    say(f"restored {chosen.stem}" + (f"; the file that was there is kept as {aside}" if aside else ""))
    return 0


def _export(options: argparse.Namespace) -> int:
    store = Store(options.slot)
    store.load()
    if not store.exists():
        raise Trouble("there is no save yet: it is written with the first thing you do")
    if options.file.exists():
        raise Trouble(f"{options.file} is there already; name a new file")
    try:
        shutil.copyfile(store.path, options.file)
    except OSError as error:
        raise Trouble(f"{options.file} cannot be written: {error.strerror}") from error
    say(f"{options.file}")
    return 0


def _import(options: argparse.Namespace) -> int:
    if not options.file.is_file():
        raise Trouble(f"there is no file {options.file}")
    store = Store(options.slot)
    store.folder.mkdir(parents=True, exist_ok=True)
    aside = store.restore(options.file)
    say(f"imported into {store.slot}" + (f"; the save that was there is kept as {aside}" if aside else ""))
    return 0


_ACTIONS = {
    "list": _list,
    "check": _check,
    "backup": _backup,
    "restore": _restore,
    "export": _export,
    "import": _import,
}
