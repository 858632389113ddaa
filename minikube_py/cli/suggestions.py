"""Suggestions: which verbs somebody may have meant.

Kubernetes: SuggestionsFor of github.com/spf13/cobra
"""

from collections.abc import Iterable

_FARTHEST = 2


def suggestions(word: str, names: Iterable[str]) -> list[str]:
    """The names that begin with the word, or become it by at most two letters changed, added or left out."""
    lowered = word.lower()
    return [name for name in names if name.startswith(lowered) or distance(lowered, name) <= _FARTHEST]


def distance(one: str, other: str) -> int:
    """How many letters must be changed, added or left out to make one word of the other."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        former, row = row, [index]
        for column, wanted in enumerate(other, 1):
            row.append(min(former[column] + 1, row[-1] + 1, former[column - 1] + (letter != wanted)))
    return row[-1]
