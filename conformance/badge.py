"""The score as a badge in the style of shields.io."""

from __future__ import annotations

from conformance.outcomes import Report
from conformance.terminal import percent

__all__ = ["badge"]

COLORS = ((0.995, "#2c8a3d"), (0.95, "#5a8a1f"), (0.8, "#a07a10"), (0.0, "#b5482f"))
"""Lowest score of each colour, all dark enough for white text."""

TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {value}">
  <title>{label}: {value}</title>
  <clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#r)">
    <rect width="{left}" height="20" fill="#444"/>
    <rect x="{left}" width="{right}" height="20" fill="{color}"/>
  </g>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="{label_x}" y="14" textLength="{label_length}">{label}</text>
    <text x="{value_x}" y="14" textLength="{value_length}">{value}</text>
  </g>
</svg>
"""

WIDTH_OF_CHARACTER = 6.6
"""Of Verdana at 11 pixels, on average; `textLength` makes the text fit it in any font."""


def badge(report: Report) -> str:
    """An SVG image of the revision and the score.

    >>> from conformance.outcomes import Report
    >>> "array API 2025.12: -" in badge(Report("numpy", "2.4.0", "2025.12", ()))
    True
    """
    label, value = f"array API {report.revision}", percent(report.score)
    color = next(color for least, color in COLORS if (report.score or 0.0) >= least)
    lengths = [round(len(text) * WIDTH_OF_CHARACTER) for text in (label, value)]
    left, right = (length + 10 for length in lengths)
    return TEMPLATE.format(
        width=left + right, left=left, right=right, color=color, label=label, value=value,
        label_x=left / 2, value_x=left + right / 2, label_length=lengths[0], value_length=lengths[1],
    )  # fmt: skip
