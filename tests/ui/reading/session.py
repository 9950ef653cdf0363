"""One person's session with a screen reader and a keyboard, run by the system's Python, which has pyatspi.

    session.py PYTHON BASE_DIR OUT.json

Opens a real console on the display and the bus it finds, reads what AT-SPI is told of every page, walks to the worst
endpoint with keys alone, and writes down what it heard: no assertion here, the test judges.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import gi

gi.require_version("Atspi", "2.0")
import pyatspi  # noqa: E402 -- the version is chosen before

PATIENCE = 60.0


def everything(node):
    """Every accessible that is shown, from the top."""
    with suppress(Exception):  # one that went away while it was read
        if node.getState().contains(pyatspi.STATE_SHOWING) or node.getRole() == pyatspi.ROLE_APPLICATION:
            yield node
            if node.getRole() != pyatspi.ROLE_TABLE:
                for number in range(node.childCount):
                    yield from everything(node.getChildAtIndex(number))


def plain(text):
    return text.replace("\u00a0", " ")


def read(root):
    """Names, roles and states of what is shown; of a table the text of every cell."""
    heard = []
    for node in everything(root):
        states = [pyatspi.stateToString(one) for one in node.getState().getStates()]
        line = {
            "role": node.getRoleName(),
            "name": plain(node.name),
            "description": plain(node.description),
            "focusable": "focusable" in states,
            "focused": "focused" in states,
            "checked": "checked" in states,
        }
        if node.getRole() == pyatspi.ROLE_TABLE:
            table = node.queryTable()
            line["heads"] = [
                plain(table.getColumnHeader(n).name) if table.getColumnHeader(n) else "" for n in range(table.nColumns)
            ]
            line["cells"] = [
                [plain(table.getAccessibleAt(row, column).name) for column in range(table.nColumns)]
                for row in range(table.nRows)
            ]
        heard.append(line)
    return heard


def wait_for(look):
    """What `look` finds, as soon as it finds anything."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(Exception):
            found = look()
            if found:
                return found
        time.sleep(0.2)
    return None


def console():
    """The console among the applications of the desktop."""
    return next((one for one in pyatspi.Registry.getDesktop(0) if one is not None and one.childCount), None)


def named(root, *parts, role=""):
    """The first thing shown whose name holds every part."""
    return next(
        (
            node
            for node in everything(root)
            if all(part in plain(node.name) for part in parts) and role in ("", node.getRoleName())
        ),
        None,
    )


def press(node):
    """What a screen reader does to a control: the first of its actions."""
    node.queryAction().doAction(0)


def keys(*pressed):
    subprocess.run(["xdotool", "key", "--delay", "60", *pressed], check=True)
    time.sleep(0.6)


def window_says(root, title):
    return wait_for(lambda: any(title in plain(frame.name) for frame in root))


def visit(root, page, holds):
    press(wait_for(lambda: named(root, page, role="radio button")))
    window_says(root, page)
    wait_for(lambda: named(root, holds[0], role=holds[1]))
    time.sleep(0.5)
    return read(root)


def walk(root):
    """With keys alone: the worst endpoint, a wider range, its numbers as a table, copied, and back."""
    heard = {}
    keys("g", "e")
    window_says(root, "Endpoints")
    wait_for(lambda: named(root, "Endpoints", role="table"))
    time.sleep(1.0)
    keys("Return")
    heard["title"] = plain(next(iter(root)).name) if window_says(root, "rag-gateway") else ""
    wait_for(lambda: named(root, "Latency"))
    time.sleep(1.0)
    heard["opened"] = read(root)
    keys("w")
    wait_for(lambda: named(root, "Time range: Last 7 days"))
    time.sleep(1.5)
    heard["widened"] = read(root)
    keys("d")
    wait_for(lambda: named(root, "latency", role="table"))
    time.sleep(0.8)
    heard["table"] = read(root)
    keys("ctrl+shift+c")
    heard["clipboard"] = clipboard()
    keys("Escape")
    time.sleep(0.5)
    heard["closed"] = read(root)
    keys("Escape")
    window_says(root, "Endpoints")
    time.sleep(0.8)
    heard["back"] = read(root)
    return heard


def clipboard():
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["xclip", "-selection", "clipboard", "-o"], check=True, capture_output=True, text=True, timeout=20
        )
        return plain(done.stdout)
    return ""


PAGES = {
    "Overview": ("Health of every endpoint by enclave", "table"),
    "Endpoints": ("Endpoints", "table"),
    "GPU fleet": ("GPUs of", "table"),
    "Explore": ("least", "filler"),
    "Sync": ("Bundles", "table"),
}
"""Pages, and what stands on each once its data are there: part of a name, and a role."""


def main():
    python, base, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    environment = os.environ | {
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "QT_QPA_PLATFORM": "xcb",
        "XDG_CONFIG_HOME": str(out.parent / "config"),
    }
    started = [
        subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL),
        subprocess.Popen(["/usr/libexec/at-spi-bus-launcher", "--launch-immediately"]),
    ]
    time.sleep(1.0)
    started.append(subprocess.Popen([python, "-m", "app", "console", "--base-dir", base], env=environment))
    try:
        root = wait_for(console)
        wait_for(lambda: named(root, "Health of every endpoint", role="table"))
        wait_for(lambda: named(root, "need attention", role="radio button"))
        heard = {"pages": {page: visit(root, page, holds) for page, holds in PAGES.items()}}
        heard["walk"] = walk(root)
        out.write_text(json.dumps(heard), encoding="utf-8")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)


main()
