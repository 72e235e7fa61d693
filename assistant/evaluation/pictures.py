"""Where things stand in the pictures of the report: numbers in, places out; words and colours are the template's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.evaluation.statistics import Interval, interval_of

# Every picture is as wide as a phone shows at nearly its own size, so that its letters stay readable there.
WIDTH = 380
LEFT, RIGHT = 4.0, 376.0  # the ends of the scale of bars
ROW_HEIGHT = 42

CURVE_HEIGHT = 270
_CURVE_LEFT, _CURVE_RIGHT, _CURVE_TOP, _CURVE_BOTTOM = 44.0, 370.0, 12.0, 230.0
_MAX_TICKS = 7
# A largest time beyond this many 99th percentiles would press everything else together; it is drawn at the edge.
_MAX_OF_P99 = 2.0
CURVES = ("false_answer", "false_refusal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of a bar picture: the bar ends at `end`, its interval runs from `low` to `high`; `y` is the row's top."""

    name: str
    figure: Mapping[str, Any]
    interval: Interval
    y: int
    end: float
    low: float
    high: float


def bars(groups: Mapping[str, Mapping[str, Mapping[str, Any]]], measure: str) -> tuple[Bar, ...]:
    """A bar for each group that has the measure, in the order of the groups."""
    figures = [(name, figures[measure]) for name, figures in groups.items() if measure in figures]
    return tuple(
        Bar(
            name=name,
            figure=figure,
            interval=(interval := interval_of(figure)),
            y=row * ROW_HEIGHT,
            end=_across(figure["mean"], 0, 1),
            low=_across(interval.low, 0, 1),
            high=_across(interval.high, 0, 1),
        )
        for row, (name, figure) in enumerate(figures)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One row of the picture of times: the places of the median, the percentiles and the largest.

    Attributes:
        is_beyond: Whether the largest is off the scale and stands at its edge.
    """

    name: str
    times: Mapping[str, float]
    y: int
    p50: float
    p95: float
    p99: float
    max: float
    is_beyond: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """The picture of times; `limit` is where its scale ends, in milliseconds."""

    rows: tuple[Spread, ...]
    limit: float


def spreads(latency: Mapping[str, Mapping[str, float]]) -> Spreads:
    """The times of each stage on one scale from 0."""
    highest = max((times["max"] for times in latency.values()), default=0.0)
    limit = min(highest, max((times["p99"] for times in latency.values()), default=0.0) * _MAX_OF_P99) or highest or 1.0
    rows = tuple(
        Spread(
            name=name,
            times=times,
            y=row * ROW_HEIGHT,
            is_beyond=times["max"] > limit,
            **{key: _across(min(times[key], limit), 0, limit) for key in ("p50", "p95", "p99", "max")},
        )
        for row, (name, times) in enumerate(latency.items())
    )
    return Spreads(rows=rows, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One share over the threshold: the points of its line and of its band, and the point nearest the one in use."""

    name: str
    points: str
    band: str
    x: float
    y: float
    threshold: float
    figure: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The trade-off of the threshold; ticks are a place and its label, `mark` is the place of the one in use."""

    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    mark: float
    left: float = _CURVE_LEFT
    right: float = _CURVE_RIGHT
    top: float = _CURVE_TOP
    bottom: float = _CURVE_BOTTOM


def trade_off(points: Sequence[Mapping[str, Any]], threshold: float) -> Curve | None:
    """Both shares over the threshold with their intervals as bands, `None` where there is no point.

    A share that some point does not have (no question of that sort was asked) has no line.
    """
    if not points:
        return None
    places = sorted(points, key=lambda point: point["threshold"])
    lowest, highest = min(places[0]["threshold"], threshold), max(places[-1]["threshold"], threshold)
    drawn = [name for name in CURVES if all((point.get(name) or {}).get("n") for point in places)]
    return Curve(
        lines=tuple(_line(places, name, threshold, (lowest, highest)) for name in drawn),
        x_ticks=tuple((_along(tick, lowest, highest), _number(tick)) for tick in ticks(lowest, highest)),
        y_ticks=tuple((_up(tick / 100), f"{tick}%") for tick in range(0, 101, 25)),
        mark=_along(threshold, lowest, highest),
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, at most seven: steps of 1, 2 or 5 times a power of ten."""
    if low == high:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / _MAX_TICKS))
    step = next(step for factor in (1, 2, 5, 10, 20) if (high - low) / (step := factor * power) <= _MAX_TICKS - 1)
    return [round(n * step, 10) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _line(places: Sequence[Mapping[str, Any]], name: str, threshold: float, ends: tuple[float, float]) -> Line:
    nearest = min(places, key=lambda point: abs(point["threshold"] - threshold))
    at = [(_along(point["threshold"], *ends), point[name]) for point in places]
    there = [(x, _up(interval_of(figure).high)) for x, figure in at]
    back = [(x, _up(interval_of(figure).low)) for x, figure in reversed(at)]
    return Line(
        name=name,
        points=_points((x, _up(figure["mean"])) for x, figure in at),
        band=_points([*there, *back]),
        x=_along(nearest["threshold"], *ends),
        y=_up(nearest[name]["mean"]),
        threshold=nearest["threshold"],
        figure=nearest[name],
    )


def _across(value: float, low: float, high: float) -> float:
    return round(LEFT + (value - low) / (high - low) * (RIGHT - LEFT), 1)


def _along(threshold: float, low: float, high: float) -> float:
    share = (threshold - low) / (high - low) if high > low else 0.5
    return round(_CURVE_LEFT + share * (_CURVE_RIGHT - _CURVE_LEFT), 1)


def _up(rate: float) -> float:
    return round(_CURVE_BOTTOM - rate * (_CURVE_BOTTOM - _CURVE_TOP), 1)


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
