"""Entry point of ``watchfloor`` and of ``python -m app``."""

import io
import sys
from typing import Any

from app.cli import main as cli_main


class _Dropping(io.FileIO):
    """Standard output to a reader who may leave (``| head -1``): the command goes on, for its exit code says more.

    Any other failure, such as a full disk, is raised once: what stands in buffers then cannot fail again at the exit.
    """

    _gone = False

    def write(self, data: Any, /) -> int:
        if self._gone:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except OSError as error:
            self._gone = True
            if isinstance(error, BrokenPipeError):
                return memoryview(data).nbytes
            raise


def _set_up_output() -> None:
    """Let no answer end in a fault of the output: what its encoding lacks is replaced, what nobody reads dropped."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a program without a console has none
        sys.stdout.reconfigure(errors="replace")
        if not sys.stdout.isatty():
            raw = _Dropping(sys.stdout.fileno(), "wb", closefd=False)
            sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding=sys.stdout.encoding, errors="replace")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _set_up_output()
    sys.exit(cli_main())


if __name__ == "__main__":
    main()
