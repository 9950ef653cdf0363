"""Choosing a bundle: inside the window, between the banners, never a window of its own."""

from pathlib import Path

from PySide6.QtCore import QDir, QSize, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.controls import PushButton
from app.ui.live import bundles_in
from app.ui.look import Look
from app.ui.part import Part
from app.ui.popover import Card


class _Title(Part):
    def __init__(self, look: Look) -> None:
        super().__init__(look, "Import a bundle")
        self.setFixedHeight(50)

    def paint(self, canvas: Canvas) -> None:
        canvas.write("title", "Import a bundle", 4, 18, "text.hi")
        said = "A bundle is a folder with a manifest.json, or a zip file. It is checked before anything is read."
        canvas.write("small", said, 4, 40, "text.mid", room=self.width() - 8)


class ChooseCard(Card):
    """Qt's own file dialog as a part of our window: a dialog with a window of its own could cover a banner.

    Signals
    -------
    chosen(list)
        Paths of the bundles.
    """

    chosen = Signal(list)

    def __init__(self, look: Look, start: Path | None) -> None:
        super().__init__(look, "Import a bundle")
        self._files = QFileDialog(self)
        self._files.setWindowFlags(Qt.WindowType.Widget)
        self._files.setOptions(QFileDialog.Option.DontUseNativeDialog | QFileDialog.Option.ReadOnly)
        self._files.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._files.setNameFilters(["Bundles (manifest.json *.zip)", "All files (*)"])
        self._files.setDirectory(str(start) if start is not None and start.is_dir() else QDir.homePath())
        self._files.setLabelText(QFileDialog.DialogLabel.Accept, "Import")
        self._files.setSizeGripEnabled(False)
        self._files.filesSelected.connect(self._take)
        self._files.rejected.connect(lambda: self.chosen.emit([]))
        whole = PushButton(look, "Import every bundle of this folder")
        whole.clicked.connect(self._take_folder)
        layout = QVBoxLayout(self)
        edge = self.SHADOW + 18
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.addWidget(_Title(look))
        layout.addWidget(self._files, 1)
        row = QHBoxLayout()
        row.addWidget(whole)
        row.addStretch()
        layout.addLayout(row)

    def sizeHint(self) -> QSize:
        return QSize(880, 600)

    def first_focus(self) -> QWidget:
        """The field for the name."""
        return self._files

    def _take(self, names: list[str]) -> None:
        paths = [Path(name) for name in names]
        self.chosen.emit([path.parent if path.name == "manifest.json" else path for path in paths])

    def _take_folder(self) -> None:
        folder = Path(self._files.directory().absolutePath())
        if (folder / "manifest.json").is_file():
            self.chosen.emit([folder])
        else:
            self.chosen.emit([path for path, _ in bundles_in(folder)])
