"""What the explore page is given: what there is to choose from, and how to ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.job import Job
from app.model.time_range import TimeRange
from app.query.curves import Listing, read_curves
from app.query.health import read_fleet
from app.store.samples import SeriesRef
from app.ui import words
from app.ui.explore.series_charts import ChartOf, Drawn, draw, useful
from app.ui.explore.series_list import Choices
from app.ui.page import Ask


@dataclass(frozen=True, slots=True, eq=False)
class ExploreData:
    """What there is to choose from, and whom to ask for it."""

    listing: Listing
    choices: Choices
    ask: Ask

    def read(self, charts: Sequence[ChartOf], span: TimeRange, columns: int, job: Job) -> Drawn:
        """Read the series of some charts. Runs on a worker thread."""
        refs = [ref for chart in charts for ref in chart.refs]
        return draw(charts, read_curves(self.ask.store, self.ask.station, refs, span, columns), job)

    def first(self, job: Job) -> list[SeriesRef]:
        """What to show before anything is chosen: the series of the endpoint that is worst. On a worker thread."""
        ask = self.ask
        fleet = read_fleet(ask.store, ask.station, ask.at, ask.span, hidden=ask.hidden)
        for row in fleet.rows:
            for cell in sorted(row.cells.values(), key=lambda cell: cell.health.rank):
                found = self._known(useful(self.choices.refs, cell.enclave.id, cell.endpoint.id))
                if found:
                    return found
        return list(self.choices.refs[:1])

    def _known(self, refs: list[SeriesRef]) -> list[SeriesRef]:
        """Those of which anything is known in the page's span: a version that was replaced is no first choice."""
        read = read_curves(self.ask.store, self.ask.station, refs, self.ask.span, 64)
        return [curve.ref for curve in read.curves if curve.reduced.time.size]


def hidden_words(data: ExploreData | None) -> str:
    """How many series the filter hides, with a space after it; empty where it hides none."""
    away = sum(data.listing.hidden.values()) if data is not None else 0
    return f"{words.grouped(away)} series hidden by the filter. " if away else ""
