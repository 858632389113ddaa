"""Aligns cells into columns: elastic tab stops, as Go's text/tabwriter does it.

A column is a run of neighbouring lines that have a cell there and another one behind it, so unrelated blocks of one
text align on their own. The last cell of a line is never padded.

Kubernetes: text/tabwriter by way of cli-runtime printers.GetNewTabWriter and describe.NewPrefixWriter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class ColumnWriter:
    """Formats the rows of one table, keeping the widths of earlier ones so that a watch's rows stay aligned."""

    padding: int = 3
    min_width: int = 6
    widths: list[int] = field(default_factory=list)

    def format(self, rows: Sequence[Sequence[str]]) -> str:
        """Format rows that all have the same number of cells."""
        columns = max((len(row) for row in rows), default=0)
        self.widths += [self.min_width] * (columns - len(self.widths))
        for row in rows:
            for index, cell in enumerate(row[:-1]):
                self.widths[index] = max(self.widths[index], len(cell) + self.padding)
        lines = ["".join([*(c.ljust(w) for c, w in zip(row[:-1], self.widths, strict=False)), row[-1]]) for row in rows]
        return "".join(f"{line}\n" for line in lines)


def align(text: str, padding: int = 2) -> str:
    """Replace the tabs of a text by spaces so that its columns align."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[0] * (len(line) - 1) for line in lines]
    column = 0
    while any(len(line) - 1 > column for line in lines):
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and len(lines[end]) - 1 > column:
                end += 1
            width = max((len(line[column]) for line in lines[start:end]), default=0) + padding
            for index in range(start, end):
                widths[index][column] = width
            start = end + 1 if end == start else end
        column += 1
    aligned = []
    for line, line_widths in zip(lines, widths, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(line[:-1], line_widths, strict=True)]
        aligned.append("".join([*padded, line[-1]]))
    return "\n".join(aligned)
