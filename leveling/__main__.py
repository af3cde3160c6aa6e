"""The door: `leveling` and `python -m leveling`."""

import sys


def main() -> None:
    """Run the command line and end with its exit status."""
    from leveling.cli import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
