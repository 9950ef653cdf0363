"""PySide6 6.12.0 on CPython 3.11 loses references to None and True and aborts within minutes.

Short tests pass on it; these do not.
"""

import subprocess
import sys

import pytest

LABEL = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel()
before = sys.getrefcount(None)
for i in range(20_000):
    label.setText(str(i))
print(sys.getrefcount(None) - before)
"""

SIGNAL = """
import sys
from PySide6.QtCore import QObject, Signal
class Sender(QObject):
    sent = Signal(int)
sender, got = Sender(), []
sender.sent.connect(got.append)
before = sys.getrefcount(True)
for i in range(2_000):
    sender.sent.emit(i)
assert len(got) == 2_000
print(sys.getrefcount(True) - before)
"""


@pytest.mark.parametrize("script", [LABEL, SIGNAL], ids=["none", "true"])
def test_that_calls_into_qt_lose_no_reference(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    # a few come and go with the interpreter; the fault loses one per call (from 3.12 on the count is fixed)
    assert int(done.stdout) > -20
