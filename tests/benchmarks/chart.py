"""Draws the trade-off of a threshold as a picture that needs nothing to be read: SVG for light and dark pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

Scale = Callable[[float], float]  # a threshold → its place across the picture

_AXIS = "threshold on the best sentence’s score against “none answers” (log-odds); bands: 95 % intervals"
_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 736, 76, 360
_STEP = 0.2  # of the share between the lines of the grid

_STYLE = """
  svg { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
  .page { fill: #ffffff; } .ink { fill: #1f2328; } .faint { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; } .mark { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 4; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .band { stroke: none; opacity: 0.18; }
  .one { stroke: #b35900; } .one-fill { fill: #b35900; } .other { stroke: #0550ae; } .other-fill { fill: #0550ae; }
  .title { font-size: 16px; font-weight: 600; } .name { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .ink { fill: #f0f6fc; } .faint { fill: #9198a1; }
    .grid { stroke: #3d444d; } .mark { stroke: #9198a1; } .band { opacity: 0.25; }
    .one { stroke: #f0a04b; } .one-fill { fill: #f0a04b; } .other { stroke: #79b8ff; } .other-fill { fill: #79b8ff; }
  }
"""


def draw(unit: Mapping[str, Any]) -> str:
    """The SVG of `unit` of `calibration.json`: both shares over the threshold, with the intervals as bands."""
    curve = unit["curve"]
    lowest, highest = float(curve[0]["threshold"]), float(curve[-1]["threshold"])

    def across(threshold: float) -> float:
        return _LEFT + (threshold - lowest) / (highest - lowest) * (_RIGHT - _LEFT)

    shown = [
        ("unanswerable_answered", "one", "unanswerable questions that are answered"),
        ("answerable_refused", "other", "answerable questions that are refused"),
    ]
    at = next(point for point in curve if point["threshold"] == unit["answers_from"])
    said = [f"{name}: {100 * at[key]['rate']:.1f} % of {at[key]['n']}" for key, _, name in shown]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
        ' role="img" aria-labelledby="title desc">',
        '<title id="title">What a higher threshold refuses, and what it still answers</title>',
        f'<desc id="desc">{escape("At the threshold " + str(at["threshold"]) + ": " + "; ".join(said) + ".")}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>',
        _text(_LEFT, 26, "What a higher threshold refuses, and what it still answers", "ink title"),
        *_frame(across, lowest, highest),
    ]
    parts += [_band(curve, key, color, across) for key, color, _ in shown]
    parts += [_line(curve, key, color, across) for key, color, _ in shown]
    x = across(at["threshold"])
    parts.append(f'<line class="mark" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_BOTTOM}"/>')
    for row, (key, color, name) in enumerate(shown):
        rate, y = at[key]["rate"], _up(at[key]["rate"])
        parts.append(f'<circle class="{color}-fill" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
        legend = f"{name}: {100 * rate:.1f} % ({at[key]['count']} of {at[key]['n']}) at {at['threshold']:g}"
        parts.append(f'<rect class="{color}-fill" x="{_LEFT}" y="{35 + 18 * row}" width="14" height="10" rx="2"/>')
        parts.append(_text(_LEFT + 22, 45 + 18 * row, legend, "ink"))
    parts.append(_text((_LEFT + _RIGHT) / 2, _BOTTOM + 42, _AXIS, "faint", "middle"))
    return "\n".join([*parts, "</svg>", ""])


def _frame(across: Scale, lowest: float, highest: float) -> list[str]:
    parts = []
    for n in range(round(1 / _STEP) + 1):
        y = _up(n * _STEP)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{100 * n * _STEP:.0f} %", "faint", "end"))
    whole = range(int(-(-lowest // 1)), int(highest // 1) + 1)
    return parts + [_text(across(n), _BOTTOM + 20, str(n).replace("-", "−"), "faint", "middle") for n in whole]


def _line(curve: Sequence[Mapping[str, Any]], key: str, color: str, across: Scale) -> str:
    points = " ".join(f"{across(p['threshold']):.1f},{_up(p[key]['rate']):.1f}" for p in curve)
    return f'<polyline class="line {color}" points="{points}"/>'


def _band(curve: Sequence[Mapping[str, Any]], key: str, color: str, across: Scale) -> str:
    there = [f"{across(p['threshold']):.1f},{_up(p[key]['high']):.1f}" for p in curve]
    back = [f"{across(p['threshold']):.1f},{_up(p[key]['low']):.1f}" for p in reversed(curve)]
    return f'<polygon class="band {color}-fill" points="{" ".join([*there, *back])}"/>'


def _up(rate: float) -> float:
    return _BOTTOM - rate * (_BOTTOM - _TOP)


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
