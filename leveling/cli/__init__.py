"""The command line: one file a command. Nothing is decided here; every command calls `play` and prints."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from leveling import __version__

COMMANDS = (
    "quests",
    "show",
    "start",
    "attempt",
    "hint",
    "reveal",
    "status",
    "paths",
    "dungeons",
    "echoes",
    "daily",
    "trial",
    "note",
    "choose",
    "certificate",
    "portfolio",
    "cohort",
    "saves",
    "doctor",
    "forge",
)
USAGE, FAULT, INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Bad input is one message on stderr and status 2, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = build_parser(_named(given)).parse_args(given)
    if options.home:
        os.environ["LEVELING_HOME"] = options.home
    from leveling.catalog.faults import FaultyContent, UnknownQuest
    from leveling.cli.terminal import complain
    from leveling.play.trouble import Trouble

    try:
        if options.command is None:
            return _command("quests").run(options, welcome=True)  # type: ignore[no-any-return]  # a module found by name
        return _command(options.command).run(options)  # type: ignore[no-any-return]  # as above
    except (Trouble, UnknownQuest, FaultyContent) as error:
        complain(str(error))
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return 0


def _named(given: Sequence[str]) -> str | None:
    """The command that is meant, so that only its file is loaded; None for help on all, empty when there is none."""
    first = next((each for each in given if each in COMMANDS or each in {"-h", "--help"}), "")
    return first if first in COMMANDS or not first else None


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The whole command line; with `only` the others are known by name alone."""
    parser = argparse.ArgumentParser(
        prog="leveling",
        description="From the first tensor to research-grade PyTorch, as a game of ranks.",
        epilog="Begin with: leveling quests",
    )
    parser.add_argument("--version", action="version", version=f"leveling {__version__}")
    parser.add_argument("--home", metavar="DIR", help="keep everything in DIR (also: LEVELING_HOME)")
    parser.add_argument("--pack", metavar="DIR", action="append", default=[], help="also use the quests in DIR")
    parser.add_argument("--plain", action="store_true", help="lines without colour or redrawing, for screen readers")
    parser.set_defaults(gate=None, rank=None, json=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        if only in {None, name}:
            _command(name).add_parser(commands)
        else:
            commands.add_parser(name)
    return parser


def _command(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a module; each has add_parser and run
    return importlib.import_module(f"leveling.cli.{name}")


def _forget_stdout() -> None:
    """The reader of a pipe went away (`leveling quests | head`): let the interpreter end without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
