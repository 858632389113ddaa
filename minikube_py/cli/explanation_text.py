"""An explanation as text: the chain of causes, who acts next, since when, what shows it, what to do."""

import textwrap
from collections.abc import Iterator

from minikube_py.cli.ages import age
from minikube_py.diagnosis.explanation import Evidence, Explanation, Since

_WIDTH = 100
_LABEL = 14


def explanation_text(explanation: Explanation) -> str:
    """The whole chain of causes, ending with what to do."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    links = list(_chain(explanation))
    root = links[-1]
    for depth, link in enumerate(links):
        margin = "" if depth == 0 else "  " * (depth - 1) + "because "
        yield from _wrapped(f"{margin}{link.subject}: {link.cause}", len(margin))
    yield ""
    yield from _field("Waits for", root.waits_for)
    yield from _field("Next to act", root.next_actor)
    yield from _field("Since", _moment(root.since))
    evidence = [(link, each) for link in reversed(links) for each in link.evidence]
    if evidence:
        yield "Evidence:"
        for link, each in evidence:
            prefix = "" if link is root else f"{link.subject}: "
            yield from _wrapped(f"  {prefix}{_shown(each)}", 4)
    steps = [step for link in reversed(links) for step in link.next_steps]
    if steps:
        yield "Next:"
        for step in dict.fromkeys(steps):
            yield from _wrapped(f"  {step}", 4)


def _chain(explanation: Explanation | None) -> Iterator[Explanation]:
    while explanation is not None:
        yield explanation
        explanation = explanation.because


def _field(title: str, text: str) -> Iterator[str]:
    if text:
        yield from _wrapped(f"{title + ':':<{_LABEL}}{text}", _LABEL)


def _moment(since: Since | None) -> str:
    return f"{age(str(since.at))} ago, {since.at} ({since.read_from})" if since is not None else ""


def _shown(evidence: Evidence) -> str:
    when = f" ({age(str(evidence.at))} ago)" if evidence.at is not None else ""
    return f"{evidence.source}: {evidence.text}{when}"


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
