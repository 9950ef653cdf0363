"""``watchfloor <command>``: finds the commands and imports only the one that was chosen.

A command is one file in `app/commands` with ``COMMAND = Command(...)``; the first line of its
docstring is its help line. No list of commands exists anywhere.
"""

import argparse
import ast
import contextlib
import importlib
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from app import __version__
from app.clock import Clock, FrozenClock, SystemClock, from_iso, to_iso
from app.errors import AppError, UsageError
from app.job import Cancelled, Job, Progress
from app.model.marking import Level
from app.paths import Paths

log = logging.getLogger("watchfloor")


class Context(NamedTuple):
    """What every command is given."""

    paths: Paths
    clock: Clock
    level: Level | None

    def job(self) -> Job:
        """Job whose progress goes to the terminal, and to nowhere where there is none."""
        return Job(_show_progress) if sys.stderr.isatty() else Job()


class Command(NamedTuple):
    """What a command declares.

    `arguments` adds its options to a parser; `run` does the work and returns the exit code. `by_level`
    says that its answer can be narrowed with ``--level``; the others do not offer it.
    """

    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Context], int]
    by_level: bool = False


def _show_progress(progress: Progress) -> None:
    share = f"{progress.done}/{progress.total}" if progress.total else str(progress.done)
    sys.stderr.write(f"\r\x1b[K{share} {progress.label}")
    sys.stderr.flush()


@contextlib.contextmanager
def marked(level: Level) -> Iterator[None]:
    """Put the marking before and after what a command prints for people (STIG V-222643)."""
    sys.stdout.write(f"{level.banner}\n")
    yield
    sys.stdout.write(f"{level.banner}\n")


def actions(parser: argparse.ArgumentParser, command: str) -> Callable[[str, str], argparse.ArgumentParser]:
    """Let a command have actions; returns what adds one, by its name and help line, with the options that all have."""
    group = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    place = argparse.ArgumentParser(add_help=False)
    # said before the action it must not be forgotten for what is not said after it
    place.add_argument("--base-dir", metavar="D", default=argparse.SUPPRESS, help="folder of the station")

    def action(name: str, words: str) -> argparse.ArgumentParser:
        one = group.add_parser(name, parents=[place], help=words)
        schema = f"resources/schema/{command}-{name}-1.json"
        one.add_argument("--json", action="store_true", help=f"in JSON, as {schema} says")
        return one

    return action


def moment(option: str, text: str) -> float:
    """Read the ISO 8601 time that was given to an option, seconds UTC.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        return from_iso(text)
    except ValueError as error:
        msg = f"{option} {text[:40]!r} is no ISO 8601 time between the years 1970 and 2199."
        raise UsageError(msg, _about_time(text)) from error


def _about_time(text: str) -> str:
    """What to write instead of a time that is none."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)([T ]24\b)?", text)
    if found:
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return f"The calendar has no {found[1]}-{found[2]}-{found[3]}; write a day that there is."
        if found[4] and day < date.max:
            return f"For the end of that day write 00:00 of the next: {day + timedelta(days=1)}T00:00."
    return "Write for example 2026-11-12T14:32:00Z."


def write_json(name: str, as_of: float, marking: Level, data: Any, stream: Any = None) -> None:
    """Write an answer in the one JSON form that all commands share."""
    answer = {
        "schema": f"watchfloor/{name}/1",
        "as_of": to_iso(as_of),
        "marking": marking.banner,
        "data": data,
    }
    json.dump(answer, stream or sys.stdout, indent=2, allow_nan=False)
    (stream or sys.stdout).write("\n")


class Names(Mapping[str, str]):
    """Name and help line of every command; a line is read from its file when somebody wants it, nothing is imported."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".py" and path.name[0] != "_"
        }

    def __getitem__(self, name: str) -> str:
        text = ast.get_docstring(ast.parse(self._files[name].read_text(encoding="utf-8"))) or ""
        return text.splitlines()[0] if text else ""

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def command_names() -> Names:
    """Every command there is."""
    return Names(Path(__file__).parent / "commands")


class _Parser(argparse.ArgumentParser):
    """Lists the commands below its help, and reads their lines no earlier."""

    def __init__(self, names: Names, **given: Any) -> None:
        super().__init__(**given)
        self._names = names

    def format_help(self) -> str:
        lines = "\n".join(f"  {name:<12} {line}" for name, line in self._names.items())
        self.epilog = f"commands:\n{lines}\n\n'watchfloor COMMAND --help' explains one."
        return super().format_help()


def _parser(names: Names) -> argparse.ArgumentParser:
    parser = _Parser(
        names,
        prog="watchfloor",
        description="Service health of AI model serving across classified enclaves.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"watchfloor {__version__}")
    parser.add_argument("command", metavar="COMMAND", nargs="?")
    return parser


def _load(name: str, names: Names) -> Command:
    if name not in names:
        import difflib

        near = difflib.get_close_matches(name, names, 1)
        hint = f"Did you mean {near[0]!r}?" if near else "'watchfloor --help' lists the commands."
        msg = f"There is no command {name!r}."
        raise UsageError(msg, hint)
    command = importlib.import_module(f"app.commands.{name}").COMMAND
    if not isinstance(command, Command):
        msg = f"app/commands/{name}.py declares no COMMAND"
        raise TypeError(msg)
    return command


def _context(options: argparse.Namespace) -> Context:
    paths = Paths.under(Path(options.base_dir)) if options.base_dir else Paths.default()
    clock: Clock = SystemClock()
    if getattr(options, "at", None):
        clock = FrozenClock(moment("--at", options.at))
    try:
        level = Level.parse(options.level) if getattr(options, "level", None) else None
    except ValueError as error:
        msg = f"--level: {error}."
        raise UsageError(msg) from error
    return Context(paths, clock, level)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 our fault, 2 usage, 3 input, 4 refused or held."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    names = command_names()
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if not name or name.startswith("-"):
        parser = _parser(names)
        parser.parse_args([name] if name else [])
        parser.print_help()
        return 0
    try:
        command = _load(name, names)
        about = (sys.modules[f"app.commands.{name}"].__doc__ or "").partition("\n")[0]
        sub = argparse.ArgumentParser(prog=f"watchfloor {name}", description=about)
        sub.add_argument("--base-dir", metavar="D", help="folder of the station (default: the machine's, else yours)")
        if command.by_level:
            sub.add_argument("--level", metavar="L", help="show only what is marked at or below this level")
        command.arguments(sub)
        options = sub.parse_args(rest)
        code = command.run(options, _context(options))
        if sys.stdout is not None:  # a program without a console has none
            sys.stdout.flush()  # here a full disk can still be said
        return code
    except AppError as error:
        sys.stderr.write(f"watchfloor: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except (Cancelled, KeyboardInterrupt):
        sys.stderr.write("watchfloor: stopped; nothing half-done was kept.\n")
        return 130
    except OSError as error:
        # A folder that is a file, a full disk, a closed door: the machine's refusal, not our fault.
        where = f" ({Path(error.filename).name})" if error.filename else ""
        sys.stderr.write(
            f"watchfloor: {error.strerror or error}{where}.\n  Check the path, its owner and free space.\n"
        )
        return 3
    except Exception:
        import uuid

        number = uuid.uuid4().hex[:8]
        log.exception("fault %s", number)
        sys.stderr.write(f"watchfloor: this is our fault, not yours (id {number}).\n")
        return 1
