"""Parts that all plots are made of, and how figures are made and saved; the only importer of matplotlib.

Nothing is shown twice, nothing stays open, and no global setting changes. In a notebook a figure, or its only
axes, shows itself.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.transforms import BboxBase

# Okabe & Ito (2008); grey instead of black, in which observed series are drawn, and without yellow, which is
# hard to see on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#767676")
DASHES: tuple[Any, ...] = ("solid", (0, (3, 1.3)), (0, (1, 1)))
FAINT = "#8a8a8a"
_FAN_ALPHA = 0.2
INK = "#010203"  # stands for the page's text colour until `to_svg` replaces it
PAGE_STYLE = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.sans-serif": ["DejaVu Sans"],
}


def require_matplotlib() -> None:
    """Raise an ImportError that says how to install matplotlib where it is missing.

    Raises
    ------
    ImportError
        If matplotlib can't be imported.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError('Plots need matplotlib. Install it with: pip install "tsrnn[plot]"') from error


def new_axes() -> Axes:
    """Make a figure with one pair of axes, and return the axes."""
    return as_axes(new_figure(8, 3.6))


def check_axes(ax: Any) -> Axes:
    """Return given axes, or say what to pass instead."""
    require_matplotlib()
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    if isinstance(ax, Axes):
        return ax
    arrived, cure = (
        f"an object of {type(ax).__module__}.{type(ax).__name__}",
        "Leave `ax` out for a new figure.",
    )
    if isinstance(ax, FigureBase):
        arrived, cure = "a whole figure", "Pass one of its axes: figure.axes[0], or figure.subplots()."
    elif isinstance(ax, np.ndarray | list | tuple):
        shape = np.shape(ax)
        first = ", ".join("0" * len(shape))
        arrived = f"an array of {' by '.join(map(str, shape))}" if shape else "an array"
        cure = f"Pass one of them: axes[{first or '()'}]."
    raise TypeError(
        f"`ax` must be one pair of matplotlib axes, such as plt.subplots()[1]; got {arrived}. {cure}"
    )


def as_axes(figure: Figure) -> Axes:
    """Give a figure its only axes, which show themselves in a notebook, and return them."""
    ax = figure.add_subplot()
    ax._repr_png_ = partial(to_png, figure, dpi=110)  # type: ignore[attr-defined]
    return ax


def new_figure(width: float, height: float) -> Figure:
    """Make a figure of `width` by `height` inches that shows itself in a notebook."""
    require_matplotlib()
    from matplotlib.figure import Figure as Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure._repr_png_ = partial(to_png, figure, dpi=110)  # type: ignore[attr-defined]
    return figure


def new_panels(n: int, sharex: bool = True, sharey: bool = True) -> tuple[Figure, list[Axes]]:
    """Make a figure with `n` panels in at most three columns, which share their scales."""
    columns = 1 if n == 1 else 2 if n <= 4 else 3
    rows = -(-n // columns)
    figure = new_figure(8 if columns == 1 else 4 * columns, 3.6 if rows == 1 else 0.4 + 2.1 * rows)
    grid = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False).ravel()
    for empty in grid[n:]:
        empty.remove()
    return figure, list(grid[:n])


def new_rows(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels of given heights in inches, one above the other, with one axis of time."""
    figure = new_figure(8, sum(heights) + 0.5)
    rows = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights)).ravel()
    return figure, list(rows)


def label_outer(panels: list[Axes]) -> None:
    """Keep one label for what the panels show, and the labels of time at each column's lowest panel."""
    columns = panels[0].get_gridspec().ncols  # type: ignore[union-attr]
    panels[0].figure.supylabel(panels[0].get_ylabel(), fontsize="medium")
    for i, panel in enumerate(panels):
        panel.set_ylabel("")
        if i < len(panels) - columns:
            panel.set_xlabel("")
        else:  # matplotlib itself labels only the grid's last row, which may be incomplete
            panel.xaxis.set_tick_params(labelbottom=True)
            panel.xaxis.get_offset_text().set_visible(True)


def save(ax: Axes, path: Path) -> None:
    """Write the figure of `ax` to a file of the kind that its ending says."""
    path.write_bytes(_save(ax.get_figure(root=True), format=path.suffix[1:].lower(), dpi=150))


def to_png(figure: Figure, dpi: int = 150) -> bytes:
    """Return a figure as a PNG file's bytes."""
    return _save(figure, format="png", dpi=dpi)


def to_svg(figure: Figure | SubFigure, alt: str = "plot") -> str:
    """Return a figure as an SVG element for a web page, with `alt` saying what it shows to who can't see it.

    A figure drawn within `page_style` has no background and takes the page's text colour, so that one picture
    suits light and dark pages.
    """
    anonymous = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    drawing = _save(figure, format="svg", metadata=anonymous).decode()
    view = re.search(r'viewBox="0 0 (\S+) (\S+)"', drawing)
    width, height = view.groups() if view else ("", "")
    drawing = drawing[drawing.index("<defs") :]
    for old, new in (("xlink:href", "href"), (INK, "currentColor"), ("'DejaVu Sans'", "system-ui")):
        drawing = drawing.replace(old, new)
    drawing = re.sub(r'<g id="[^"]*"', "<g", drawing)
    size = f'viewBox="0 0 {width} {height}" style="width: 100%; max-width: {width}pt; height: auto"'
    return f'<svg {size} role="img" aria-label="{escape(alt)}">{drawing}'


def page_style() -> AbstractContextManager[None]:
    """Draw for `to_svg` within this context, whatever style the user has chosen."""
    require_matplotlib()
    import matplotlib.style

    return matplotlib.style.context(["default", PAGE_STYLE])


def _save(figure: Any, **options: Any) -> bytes:
    import matplotlib

    buffer = io.BytesIO()
    text_and_ids: Any = {"svg.fonttype": "none", "svg.hashsalt": "tsrnn"}
    with matplotlib.rc_context(text_and_ids), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script the font lacks
        figure.savefig(buffer, **options)
    return buffer.getvalue()


def draw_line(ax: Axes, series: pd.Series, *, label: str, **style: Any) -> None:
    """Draw a series against its index, with markers where it is too short to be a line."""
    if len(series) <= 2:
        style = {"marker": "o", "markersize": 3, **style}
    values = series.to_numpy(dtype=float, na_value=np.nan)
    ax.plot(coordinates(series.index), values, label=verbatim(label), **style)


def draw_bands(ax: Axes, table: pd.DataFrame, *, prefix: str, color: str) -> None:
    """Draw a forecast's levels and pairs of quantiles as a fan, the widest first and faintest."""
    columns = set(table.columns)
    bands = {float(name[3:]): (name, f"hi-{name[3:]}") for name in columns if name.startswith("lo-")}
    for name in columns:
        upper = f"q-{round(1 - float(name[2:]), 9):g}" if name.startswith("q-") else ""
        if upper in columns and float(name[2:]) < 0.5:
            bands[round(100 - 200 * float(name[2:]), 7)] = (name, upper)
    time = coordinates(table.index)
    for i, (level, (lower, upper)) in enumerate(sorted(bands.items(), reverse=True)):
        low, high = (table[name].to_numpy(dtype=float) for name in (lower, upper))
        if len(table) == 1:
            ax.vlines(time, low, high, linewidth=6, color=color, alpha=_FAN_ALPHA)
        else:
            ax.fill_between(time, low, high, linewidth=0, color=color, alpha=_FAN_ALPHA)
        shade = 1 - (1 - _FAN_ALPHA) ** (i + 1)  # as dark in the legend as where it lies on the wider ones
        ax.fill([], [], color=color, alpha=shade, linewidth=0, label=verbatim(f"{prefix}{level:g} %"))


def draw_map(ax: Axes, frame: pd.DataFrame, low: float, high: float) -> None:
    """Draw a frame's columns as rows of colour against its index: around 0 red and blue, from 0 on blue."""
    colours = "RdBu_r" if low < 0 else "Blues"
    time = coordinates(frame.index)
    mesh = ax.pcolormesh(
        time,
        np.arange(frame.shape[1]),
        frame.to_numpy(dtype=float).T,
        cmap=colours,
        vmin=low,
        vmax=high,
        shading="nearest",
        rasterized=True,
    )
    ticks = [low, high] if low == 0 else [low, 0, high]
    ax.figure.colorbar(mesh, ax=ax, ticks=ticks, format="%.2g", aspect=8, pad=0.01)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.margins(0)
    ax.grid(visible=False)


def draw_boxes(ax: Axes, values: Sequence[np.ndarray], labels: Sequence[str], colours: Sequence[str]) -> None:
    """Draw a horizontal box for each group, the first on top: quartiles, mean, 5 and 95 percent."""
    places = -np.arange(len(values))
    ends = []
    for place, group, colour in zip(places, values, colours, strict=True):
        if len(group):
            low, first, median, third, high = np.percentile(group, [5, 25, 50, 75, 95])
            ax.hlines(place, low, high, color=ink(), linewidth=1)
            ax.barh(place, third - first, 0.55, first, color=colour, edgecolor=ink(), zorder=2)
            ax.vlines(median, place - 0.275, place + 0.275, color=ink(), linewidth=2, zorder=3)
            ax.plot(group.mean(), place, "D", color=ink(), markersize=4, zorder=3)
            ends += [low, high]
    if ends and 0 < 20 * min(ends) < max(ends):
        from matplotlib.ticker import LogLocator, NullFormatter

        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(places, [verbatim(label) for label in labels])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=FAINT, linewidth=0.5, alpha=0.3)


def coordinates(index: pd.Index) -> np.ndarray:
    """Return positions on the horizontal axis: instants as datetime64 in UTC, anything else as numbers."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return (index if index.tz is None else index.tz_convert("UTC").tz_localize(None)).to_numpy()
    if isinstance(index, pd.TimedeltaIndex):
        return index.total_seconds().to_numpy()
    return index.to_numpy()


def label_axes(ax: Axes, series: pd.Series) -> None:
    """Label time and value as `series` names them, with dates that never overlap."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    index = series.index
    name = "" if index.name is None else str(index.name)
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        zone = getattr(index, "tz", None)
        locator = AutoDateLocator(tz=zone, minticks=3, maxticks=7)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
        name = name if zone is None else f"{name or 'time'} ({zone})"
    elif not name:
        name = "observation" if pd.api.types.is_integer_dtype(index.dtype) else "seconds"
    ax.set_xlabel(verbatim(name))
    ax.set_ylabel(verbatim(("" if series.name is None else str(series.name)) + unit(series)))
    tidy(ax)


def unit(series: pd.Series) -> str:
    """Return the series' unit as labels end with it."""
    name = series.attrs.get("units")
    return f" [{name}]" if isinstance(name, str) else ""


def add_legend(ax: Axes) -> None:
    """Add a legend above the axes and their title, in as few rows as their width allows.

    It hides no data there, and makes room for a title that is set later.
    """
    widths = [0.5 + 0.07 * len(label) for label in ax.get_legend_handles_labels()[1]]  # inches, roughly
    if not widths:
        return
    available = 1.15 * ax.bbox.width / ax.figure.dpi
    columns = len(widths) if sum(widths) < available else max(1, int(available / max(widths)))
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    style: dict[str, Any] = {"frameon": False, "handlelength": 2, "columnspacing": 1.2}
    legend = ax.legend(ncols=columns, fontsize="small", **style, **above)
    legend.get_bbox_to_anchor = partial(_place_above, ax)  # type: ignore[method-assign]


def _place_above(ax: Axes) -> BboxBase:
    """Return where a legend above the axes begins: over their titles, if there are any."""
    from matplotlib.transforms import Bbox

    titles = (ax.title, ax._left_title, ax._right_title)  # type: ignore[attr-defined]
    tops = [title.get_window_extent().y1 for title in titles if title.get_text() and title.get_visible()]
    return Bbox.from_bounds(ax.bbox.x0, max([ax.bbox.y1, *tops]), 0, 0)


def tidy(ax: Axes) -> None:
    """Remove the upper and right spine, and draw a faint horizontal grid."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color=FAINT, linewidth=0.5, alpha=0.3)
    ax.margins(x=0.02)


def line_style(position: int) -> dict[str, Any]:
    """Return the style of the model at `position`: colours first, then dashes."""
    turn, colour = divmod(position, len(PALETTE))
    return {"color": PALETTE[colour], "linestyle": DASHES[turn % len(DASHES)], "linewidth": 1.6}


def ink() -> str:
    """Return the colour of text, black unless the user's style is a dark one."""
    import matplotlib

    return matplotlib.rcParams["text.color"]


def verbatim(text: str) -> str:
    """Return `text` with its dollar signs escaped, which matplotlib would read as mathematics."""
    return text.replace("$", r"\$")
