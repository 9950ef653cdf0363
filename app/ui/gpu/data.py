"""What the GPU page is given: every GPU now, and how to ask for what was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analysis.trend import Forecast
from app.job import Job
from app.model.catalogue import Enclave
from app.model.time_range import TimeRange
from app.query.enclaves import Picture
from app.query.gpu_floor import GpuFloor, Measure
from app.query.gpu_past import HeatRows, read_forecast, read_heat, read_over_time
from app.ui.charts.line import Line, make_line
from app.ui.page import Ask

_COLOURS = ("series.1", "series.2", "series.3", "series.4", "series.5", "series.6")


def colours_of(floor: GpuFloor) -> dict[str, str]:
    """Colour of each enclave in a chart, lowest level first, also of those that the filter hides: none changes.

    Of more enclaves than there are colours the last have none, and no line.
    """
    enclaves = [*(picture.enclave for picture in floor.pictures), *(one.enclave for one in floor.hidden)]
    ordered = sorted(enclaves, key=lambda enclave: enclave.order)
    return {enclave.id: colour for enclave, colour in zip(ordered, _COLOURS, strict=False)}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What was read for a chart: one line for each enclave, over a span. `width` is that of a column, seconds."""

    span: TimeRange
    width: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GpuData:
    """The answer of the page, and whom to ask for the rest."""

    floor: GpuFloor
    ask: Ask

    def heat(self, measure: Measure, job: Job) -> HeatRows:
        """Read the nodes over the page's range. Runs on a worker thread."""
        nodes = [(node.enclave.id, node.node.id) for node in self.floor.nodes]
        return read_heat(self.ask.store, self.ask.station, measure, nodes, self.floor.span)

    def forecasts(self, job: Job) -> Mapping[str, Forecast]:
        """Read when the memory of each enclave runs out. Runs on a worker thread."""
        found = {}
        for picture in self.floor.pictures:
            job.check()
            name, policy = picture.enclave.id, self.floor.policy.gpu
            if self.floor.nodes_of(name):
                found[name] = read_forecast(self.ask.store, self.ask.station, name, picture.data_time, policy)
        return found

    def curves(self, measure: Measure, span: TimeRange, columns: int, job: Job) -> Drawn:
        """Read a measure of each enclave over time. Runs on a worker thread."""
        colours = colours_of(self.floor)
        shown = [
            one for one in self.floor.pictures if self.floor.nodes_of(one.enclave.id) and one.enclave.id in colours
        ]
        asked = [(picture.enclave.id, picture.data_time) for picture in shown]
        read = read_over_time(self.ask.store, self.ask.station, measure, asked, span, columns)
        lines = tuple(
            make_line(_short(picture.enclave, shown), colours[one.enclave], one.curve, one.newest)
            for picture, one in zip(shown, read, strict=True)
        )
        return Drawn(span, max((one.curve.width for one in read), default=0.0), lines)


def _short(enclave: Enclave, pictures: Sequence[Picture]) -> str:
    """An enclave in a legend: its level, or its name where several share the level."""
    alone = sum(one.enclave.level is enclave.level for one in pictures) == 1
    return enclave.level.portion if alone else enclave.name
