"""Build a demonstration station: a made-up fleet in three enclaves, with a month of history and some trouble."""

import argparse
import time

from app.cli import Command, Context, write_json
from app.demo.station import Plan, build_demo
from app.errors import UsageError
from app.model.marking import Level


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=float, default=30.0, metavar="N", help="days of history (default 30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number gives other noise (default 1)")
    parser.add_argument(
        "--scale",
        type=int,
        default=1,
        metavar="K",
        help="every endpoint K times, and more nodes, for measuring: 34 endpoints and about 550 series for each step"
        " of K; 20 is 680 endpoints and 12,000 series (default 1)",
    )
    parser.add_argument("--at", metavar="TIME", help="ISO 8601 time that counts as now (default: now)")
    parser.add_argument("--rebuild", action="store_true", help="replace a demonstration that is there already")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(options: argparse.Namespace, context: Context) -> int:
    if not options.base_dir:
        msg = "A demonstration needs a folder of its own."
        raise UsageError(msg, "Name it with --base-dir.")
    if not 0.25 <= options.days <= 400 or not 1 <= options.scale <= 200 or options.seed < 0:
        msg = "--days must be 0.25 to 400, --scale 1 to 200, and --seed 0 or more."
        raise UsageError(msg)
    now = context.clock.now() // 60.0 * 60.0
    began = time.perf_counter()
    built = build_demo(
        context.paths,
        Plan(now, options.days, options.seed, options.scale),
        context.job(),
        rebuild=options.rebuild,
    )
    seconds = time.perf_counter() - began
    if options.json:
        write_json("demo", now, Level.U, {"bundles": dict(sorted(built.items())), "seconds": round(seconds, 1)})
        return 0
    print(
        f"Demonstration data in {context.paths.base}, built in {seconds:.0f} s. It contains no classified information."
    )
    print("Bundles: " + ", ".join(f"{count} {what.lower()}" for what, count in sorted(built.items())))
    print(f"Open it with: watchfloor console --base-dir {context.paths.base}")
    return 0


COMMAND = Command(_arguments, _run)
