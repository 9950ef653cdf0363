"""The names of the matrix, held still while many enclaves scroll sideways below them."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QTableView

from app.ui.canvas import Canvas
from app.ui.look import Look
from app.ui.overview.matrix import ROW_ROLE, MatrixModel
from app.ui.overview.matrix_cells import paint_name, paint_name_head
from app.ui.part import Part


class NameColumn(Part):
    """Lies over the first column of a table that is scrolled sideways; the table keeps keyboard and mouse."""

    def __init__(self, look: Look, table: QTableView, model: MatrixModel) -> None:
        super().__init__(look)
        self._table, self._model = table, model
        self.setParent(table)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for bar in (table.horizontalScrollBar(), table.verticalScrollBar()):
            bar.valueChanged.connect(self.follow)
        self.hide()

    def follow(self) -> None:
        """Take the place of the first column while it is scrolled away."""
        table = self._table
        scrolled = table.horizontalScrollBar().value() > 0
        self.setVisible(scrolled)
        if scrolled:
            height = table.horizontalHeader().height() + table.viewport().height()
            self.setGeometry(0, 0, table.columnWidth(0), height)
            self.raise_()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        table, head = self._table, self._table.horizontalHeader().height()
        model = self._model
        with Canvas(self, self.look) as canvas:
            canvas.fill(QRectF(self.rect()), "surface")
            painter = canvas.painter
            painter.setClipRect(QRectF(0, head, self.width(), self.height() - head))
            for row in range(max(0, table.rowAt(0)), model.rowCount()):
                top = table.rowViewportPosition(row)
                if top > table.viewport().height():
                    break
                box = QRectF(0, head + top, self.width(), table.rowHeight(row))
                if row < model.rowCount() - 1:
                    canvas.rule(box.left(), box.right(), box.bottom() - 1)
                paint_name(canvas, box, model.index(row, 0).data(ROW_ROLE))
            painter.setClipping(False)
            paint_name_head(canvas, QRectF(0, 0, self.width(), head), self._model.name_head, self._model.order)
            canvas.fill(QRectF(self.width() - 1, 0, 1, self.height()), "line")
