"""Entry point of ``watchfloor`` and of ``python -m app``."""

import sys

from app.cli import main as cli_main


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(cli_main())


if __name__ == "__main__":
    main()
