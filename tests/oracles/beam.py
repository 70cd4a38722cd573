"""The beam that fills a route anew, once more, with lists of paths. Uses nothing of the package."""

from __future__ import annotations

from typing import Any, NamedTuple


class Path(NamedTuple):
    time: float
    value: float
    load: float
    stops: tuple[int, ...]


def ways(
    travel: Any, opens: Any, closes: Any, service: Any, demand: Any, worth: Any, cost: Any, ahead: Any, allowed: set[int],
    first: tuple[int, float], last: tuple[int, float], room: float, width: int, rate: float, lag: float,
) -> dict[int, tuple[float, tuple[int, ...]]]:  # fmt: skip
    """By last customer: the best value and the stops of a way from `first` (place, when it is left) to `last` (place, latest
    arrival). worth: of a customer; cost: of driving between two places."""
    layer: dict[int, list[Path]] = {}
    best: dict[int, tuple[float, tuple[int, ...]]] = {}

    def step(path: Path, here: int, c: int) -> Path | None:
        arrival = path.time + travel[here][c]
        leave = max(arrival, opens[c]) + service[c]
        if arrival > closes[c] or leave + travel[c][last[0]] > last[1] or path.load + demand[c] > room:
            return None
        return Path(leave, path.value + worth[c] - cost(here, c), path.load + demand[c], (*path.stops, c))

    for c in sorted(allowed):
        begun = step(Path(first[1], 0.0, 0.0, ()), first[0], c)
        if begun is not None and worth[c] > 0.0:
            layer[c] = [begun]
    open_ = set(layer)
    while layer:
        for c, paths in layer.items():
            for path in paths:
                value = path.value - cost(c, last[0])
                if c not in best or value > best[c][0]:
                    best[c] = value, path.stops
        floor = max(path.value - rate * path.time for paths in layer.values() for path in paths) - lag
        following: dict[int, list[Path]] = {}
        for here in sorted(layer):
            for path in layer[here]:
                for c in ahead[here]:
                    new = step(path, here, c) if c in open_ and c not in path.stops else None
                    if new is None or path.value - rate * path.time < floor:
                        continue
                    kept = following.setdefault(c, [])
                    if any(old.time <= new.time and old.value >= new.value for old in kept):
                        continue
                    kept[:] = sorted([old for old in kept if old.time < new.time or old.value > new.value] + [new])
                    if len(kept) > width:
                        kept.remove(min(kept, key=lambda old, new=new: (old.value - rate * old.time, old is not new)))
        layer = {c: paths for c, paths in following.items() if paths}
    return best
