"""What every part that paints is given: theme, fonts, icons, markings."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.paths import resources
from app.ui.icons import Icons
from app.ui.marking_table import MarkingTable
from app.ui.theme import Fonts, Theme, make_theme


class Look(QObject):
    """The look in force.

    Signals
    -------
    changed()
        The theme is another one; repaint.
    """

    changed = Signal()

    def __init__(self, theme: Theme, fonts: Fonts, icons: Icons, markings: MarkingTable) -> None:
        super().__init__()
        self.theme = theme
        self.fonts = fonts
        self.icons = icons
        self.markings = markings

    @classmethod
    def load(cls, theme: str, policy: Path | None = None) -> "Look":
        """Read fonts, icons and markings from the program's resources; a site's `policy` folder wins.

        Raises
        ------
        SettingsError
            If fonts are missing or the table of markings is wrong.
        """
        folder = resources()
        markings = MarkingTable.load(folder / "policy", policy)
        return cls(make_theme(theme), Fonts.load(folder / "fonts"), Icons(folder / "icons"), markings)

    def use(self, name: str) -> None:
        """Switch to the theme of that name."""
        if name != self.theme.name:
            self.theme = make_theme(name)
            self.changed.emit()

    def toggle(self) -> None:
        """Switch between dark and light."""
        self.use("light" if self.theme.dark else "dark")
