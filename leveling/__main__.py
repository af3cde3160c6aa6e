"""The door: `leveling` and `python -m leveling`. Alone on a terminal it opens the app; anything else is the command line."""

import argparse
import os
import sys
from collections.abc import Sequence


def main() -> None:
    """Open the app or run the command line, and end with its exit status."""
    options = _for_the_app(sys.argv[1:])
    if options is None:
        from leveling.cli import main as run

        sys.exit(run())
    if options.home:
        os.environ["LEVELING_HOME"] = options.home
    from leveling.tui import run as open_app

    sys.exit(open_app(options))


def _for_the_app(arguments: Sequence[str]) -> argparse.Namespace | None:
    """What the app is opened with; None where a command was given or no screen can be drawn (Textual would hang)."""
    terminals = (sys.stdin, sys.stdout, sys.stderr)
    if os.environ.get("TERM") == "dumb" or os.environ.get("LEVELING_PLAIN"):
        return None
    if not all(stream is not None and stream.isatty() for stream in terminals):
        return None
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--home")
    parser.add_argument("--pack", action="append", default=[])
    try:
        options, others = parser.parse_known_args(arguments)
    except argparse.ArgumentError:
        return None  # the command line's own parser says what is wrong
    return None if others else options


if __name__ == "__main__":
    main()
