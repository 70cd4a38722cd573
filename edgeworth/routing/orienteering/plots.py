"""A map and a timetable of a plan. They draw on ``ax`` (or on a new figure), return it, and never show anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.display import figure_text
from edgeworth.core.names import label
from edgeworth.core.style import COLOURS, FAINT, INK, WRONG, colour, dress, new_axes
from edgeworth.routing.orienteering.model import (
    OrienteeringProblem,
    Route,
    RoutePlan,
    edges,
    value,
    violations,
)
from edgeworth.routing.orienteering.model import (
    plan as scheduled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", "--", ":", "-.")
_SMALLEST, _LARGEST = 14.0, 150.0  # areas of customers, in square points


def plot_routes(problem: OrienteeringProblem, plan: RoutePlan, *, ax: Axes | None = None) -> Axes:
    """Draw the map of a plan.

    Parameters
    ----------
    problem : OrienteeringProblem
        With coordinates.
    plan : RoutePlan
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Depots are squares, customers circles whose area grows with their profit (for the vehicle that visits, respectively the
        largest over all vehicles); those that nobody visits are faint. One colour a vehicle (from the eighth on with another
        dash), arrows in the direction of travel, straight lines also where the distances are those of a road network. Routes
        without a way home (`without_return`) end at their last customer. A stop that breaks a constraint has a red ring.

    Raises
    ------
    ValueError
        For a problem without coordinates, and for a plan of another number of vehicles or with customers that do not exist.
    TypeError
        For other types.
    """
    _require(problem, plan)
    if problem.coordinates is None:
        validation.reject("problem", "must have coordinates to be drawn on a map (plot_schedule needs none)", None)
    broken = violations(problem, plan)
    if ax is None:
        ax = new_axes(6.4, 5.2)
    place, n = problem.coordinates, problem.customers
    area = _areas(problem, plan)
    left = np.setdiff1d(np.arange(n), plan.served)
    _points(ax, place[left], area[left], f"not visited ({len(left)})", color=FAINT, alpha=0.6, linewidths=0, zorder=2)
    for k, route in enumerate(plan.routes):
        if len(route):
            count = f"{len(route)} stop{'s' if len(route) != 1 else ''}"
            tail, head = edges(problem, k, route)
            if _anywhere(problem, int(problem.end[k])):
                tail, head = tail[:-1], head[:-1]
            ends = place[[problem.start[k], *head]]
            ax.plot(
                *ends.T,
                color=colour(k),
                ls=_style(k),
                lw=1.5,
                alpha=0.85,
                zorder=3,
                label=f"{_called(problem, 'vehicle', k)} ({count})",
            )
            _arrows(ax, place, tail, head, colour(k))
            stops = route.stops
            ax.scatter(
                place[stops, 0], place[stops, 1], s=area[stops], color=colour(k), edgecolors="white", linewidths=0.7, zorder=4
            )
    homes = np.unique(np.concatenate([problem.start, problem.end]))
    homes = homes[[not _anywhere(problem, home) for home in homes.tolist()]]
    _points(ax, place[homes], 62.0, "depot", marker="s", color=INK, edgecolors="white", linewidths=0.9, zorder=5)
    wrong: list[int] = []
    for each in broken:
        customer, vehicle = each.at("customer"), each.at("vehicle")
        if customer is not None:
            wrong.append(customer)
        elif vehicle is not None:
            wrong += plan.routes[vehicle].stops[-1:].tolist()
    rings = np.unique(np.array(wrong, dtype=np.int64))
    _points(
        ax, place[rings], _LARGEST * 1.8, "breaks a constraint", facecolors="none", edgecolors=WRONG, linewidths=1.8, zorder=6
    )
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("x (unit of the coordinates)", fontsize=9, color=INK)
    ax.set_ylabel("y (unit of the coordinates)", fontsize=9, color=INK)
    ax.margins(0.06)
    _dress(ax, _title(problem, plan, bool(broken)))
    ax.grid(color=FAINT, lw=0.5, alpha=0.4)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, frameon=False, fontsize=8, markerscale=0.8)
    return ax


def plot_schedule(problem: OrienteeringProblem, plan: RoutePlan, *, ax: Axes | None = None) -> Axes:
    """Draw the timetable of a plan.

    Parameters
    ----------
    problem : OrienteeringProblem
    plan : RoutePlan
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One row a stop, in the order of the visits, vehicle after vehicle; time runs to the right. Light bars: the windows in
        which service may begin, clipped at the edges of the day. Thin lines: driving. Hatched: waiting. Solid, in the vehicle's
        colour: service. A vehicle's last row is its way home; the vertical mark there is its latest return. Times are
        recomputed from the sequences. What comes too late is red.

    Raises
    ------
    ValueError
        For a plan of another number of vehicles or with customers that do not exist.
    TypeError
        For other types.
    """
    _require(problem, plan)
    broken = violations(problem, plan)
    late = {(v.at("vehicle"), v.at("customer")) for v in broken if v.rule in ("windows", "return")}
    true = scheduled(problem, plan.sequences)
    moving = [k for k, route in enumerate(true.routes) if len(route)]
    rows = sum(len(true.routes[k]) + 1 for k in moving)
    if ax is None:
        ax = new_axes(8.0, 1.3 + 0.2 * max(rows, 4))
    first = min((float(problem.earliest[k]) for k in moving), default=0.0)
    last = max((max(float(problem.latest[k]), true.routes[k].end_time) for k in moving), default=1.0)
    last = max(last, first + 1e-9 * max(1.0, abs(first)))
    labels: list[tuple[str, str]] = []
    for k in moving:
        if labels:
            ax.axhline(len(labels) - 0.5, color=FAINT, lw=0.8)
        labels += _timetable(ax, problem, k, true.routes[k], len(labels), (first, last), late)
    ax.set_yticks(range(len(labels)), [text for text, _ in labels])
    ax.set_ylim(max(len(labels), 1) - 0.4, -0.6)
    ax.set_xlim(first - 0.01 * (last - first), last + 0.02 * (last - first))
    ax.set_xlabel("time (unit of the problem)", fontsize=9, color=INK)
    _dress(ax, _title(problem, plan, bool(broken)))
    for tick, (_, shade) in zip(ax.get_yticklabels(), labels, strict=True):
        tick.set_color(shade)
    ax.grid(axis="x", color=FAINT, lw=0.5, alpha=0.6)
    ax.set_axisbelow(True)
    if labels:
        _schedule_legend(ax)
    return ax


def _anywhere(problem: OrienteeringProblem, end: int) -> bool:
    """Whether no vehicle starts there and every way to it is 0: a route that ends there ends at its last customer."""
    return end not in problem.start and not (problem.distance[:, end].any() or problem.travel_time[:, end].any())


def _require(problem: OrienteeringProblem, plan: RoutePlan) -> None:
    if not isinstance(problem, OrienteeringProblem):
        validation.reject_type("problem", "must be an OrienteeringProblem", problem)
    if not isinstance(plan, RoutePlan):
        validation.reject_type("plan", "must be a RoutePlan (of a Result: its solution)", plan)


def _style(vehicle: int) -> str:
    return _STYLES[vehicle // len(COLOURS) % len(_STYLES)]


def _areas(problem: OrienteeringProblem, plan: RoutePlan) -> Floats:
    """Marker areas by profit; losses and a profit of 0 get the smallest one."""
    paid = problem.profit.max(axis=0) if problem.vehicles else np.zeros(problem.customers)
    paid = paid.copy()
    for k, route in enumerate(plan.routes):
        paid[route.stops] = problem.profit[k, route.stops]
    most = float(paid.max(initial=0.0))
    return _SMALLEST + (_LARGEST - _SMALLEST) * np.clip(paid, 0.0, None) / (most or 1.0)


def _points(ax: Axes, place: Floats, area: Floats | float, label: str, **style: Any) -> None:
    if len(place):
        ax.scatter(place[:, 0], place[:, 1], s=area, label=label, **style)


def _arrows(ax: Axes, place: Floats, tail: Ints, head: Ints, shade: str) -> None:
    """A head in the middle of every edge that has a length."""
    for a, b in zip(place[tail], place[head], strict=True):
        if np.any(a != b):
            middle = a + 0.55 * (b - a)
            style = {"arrowstyle": "-|>", "color": shade, "lw": 0.0, "mutation_scale": 11.0, "shrinkA": 0.0, "shrinkB": 0.0}
            ax.annotate("", xy=tuple(middle), xytext=tuple(a + 0.5 * (b - a)), arrowprops=style, zorder=3)


def _title(problem: OrienteeringProblem, plan: RoutePlan, broken: bool) -> str:
    stops = len(np.unique(plan.served))
    text = f"{stops} of {problem.customers} customers visited"
    if len(plan.served) == stops:
        text += f", value {value(problem, plan):,.6g}"
    return text + (", not feasible" if broken else "")


def _dress(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    dress(ax)
    ax.tick_params(labelsize=8)


def _called(problem: OrienteeringProblem, axis: str, index: int) -> str:
    return figure_text(label(problem, axis, index))


def _timetable(
    ax: Axes,
    problem: OrienteeringProblem,
    vehicle: int,
    route: Route,
    row: int,
    day: tuple[float, float],
    late: set[tuple[int | None, int | None]],
) -> list[tuple[str, str]]:
    """The rows of one vehicle, from `row` on; texts and colours of their labels."""
    own, clock = colour(vehicle), float(problem.earliest[vehicle])
    labels: list[tuple[str, str]] = []
    columns = (route.stops.tolist(), route.arrival.tolist(), route.start.tolist(), route.leave.tolist())
    for i, arrival, begin, leave in zip(*columns, strict=True):
        low, high = np.clip([problem.open[i], problem.close[i]], *day).tolist()
        ax.barh(row, high - low, left=low, height=0.78, color=FAINT, alpha=0.45, lw=0)
        ax.plot([clock, arrival], [row, row], color=INK, lw=1.1, solid_capstyle="butt")
        if begin > arrival:
            ax.barh(row, begin - arrival, left=arrival, height=0.34, color="none", edgecolor=INK, lw=0.5, hatch="//////")
        wrong = (vehicle, i) in late
        ax.barh(row, leave - begin, left=begin, height=0.5, color=WRONG if wrong else own, lw=0)
        ax.plot([begin], [row], marker="|", ms=7, color=WRONG if wrong else own)  # service may take no time
        text = _called(problem, "customer", i)
        text = text if labels else f"{_called(problem, 'vehicle', vehicle)}:  {text}"
        labels.append((text, WRONG if wrong else own))
        clock, row = leave, row + 1
    wrong = (vehicle, None) in late
    ax.plot([clock, route.end_time], [row, row], color=WRONG if wrong else INK, lw=1.1, solid_capstyle="butt")
    ax.plot([float(problem.latest[vehicle])], [row], marker="|", ms=9, mew=1.6, color=INK)
    home = "return"
    if problem.location_names is not None:
        home += f" to {figure_text(problem.location_names[int(problem.end[vehicle])])}"
    labels.append((home, WRONG if wrong else own))
    return labels


def _schedule_legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(color=FAINT, alpha=0.45, lw=0, label="window"),
        Line2D([], [], color=INK, lw=1.1, label="driving"),
        Patch(facecolor="none", edgecolor=INK, lw=0.5, hatch="//////", label="waiting"),
        Patch(color=COLOURS[0], lw=0, label="service"),
        Line2D([], [], color=INK, marker="|", ms=9, mew=1.6, ls="none", label="latest return"),
    ]
    ax.set_title(ax.get_title("left"), loc="left", fontsize=10, color=INK, pad=22)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=5, frameon=False, fontsize=8, borderaxespad=0.2,
        borderpad=0.0, columnspacing=1.6,
    )  # fmt: skip
