"""A Qt window that says when it was painted first: empty, or after the imports of a program that imports at once."""

import os
import sys

if sys.argv[1:] == ["eager"]:
    import httpx  # noqa: F401
    import keyring  # noqa: F401
    import numpy as np  # noqa: F401
    import pyqtgraph as pg  # noqa: F401
    import sqlite_utils  # noqa: F401

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget


class Window(QWidget):
    """Tells and ends once it was painted."""

    def paintEvent(self, event):  # noqa: N802 -- Qt calls it so
        QTimer.singleShot(0, painted)


def painted():
    print("painted", flush=True)
    os._exit(0)


application = QApplication([])
window = Window()
window.resize(1600, 1000)
window.show()
application.exec()
