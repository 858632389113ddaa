"""Puts the site's pages together: the documents where they are, the labs' READMEs, and links that lead somewhere.

    python docs/site/assemble.py FOLDER

A link from one document to another becomes one between pages; a file that a document links to gets a page of its own,
with its text; a folder becomes its path in code type. A link to what is not there is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

SITE = Path(__file__).parent
ROOT = SITE.parents[1]
DOCUMENTS = {
    "README.md": "overview.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "STYLE.md": "style.md",
    "CHANGELOG.md": "changelog.md",
    "docs/labs.md": "teaching.md",
}
TITLES = {"README.md": "First steps"}
"""Headings that are others on the site."""
_LINK = re.compile(r"``.*?``|`[^`]*`|\[([^\]\[]+)\]\(([^)\s]+)\)|^\[([^\]]+)\]: (\S+)")
"""A link, the definition of one, or code, in which nothing is one."""
_FENCE = re.compile(r"^(```|~~~)")
_TITLE = re.compile(r"^# (?:Lab \d+: )?(.+)$", re.MULTILINE)
_LABS = """# The labs

{{.lead}}
Build Kubernetes up, part by part, and look at what breaks without each. `minikube-py lab list` shows the labs,
`minikube-py lab start 1` begins one; the machine checks every step as you work. The pages here are the labs' own texts.

:::{{container}} cards
{cards}
:::

```{{toctree}}
:hidden:
:titlesonly:

{entries}
```
"""


def pages() -> dict[Path, Path]:
    """Documents of the repository -> their pages in the site."""
    found = {ROOT / source: Path(page) for source, page in DOCUMENTS.items()}
    for document in sorted((ROOT / "docs").glob("*.md")):
        found.setdefault(document, Path(document.name))
    for readme in sorted((ROOT / "examples" / "labs").glob("*/README.md")):
        found[readme] = Path("labs") / f"{readme.parent.name}.md"
    return found


class Linker:
    """Makes links between the pages, and remembers which files need one."""

    def __init__(self, pages: Mapping[Path, Path]) -> None:
        self.pages = dict(pages)
        self.files: dict[Path, Path] = {}

    def linked(self, source: Path, text: str) -> str:
        """The text with links that lead somewhere. Raises: SystemExit for one that leads nowhere."""

        def replaced(match: re.Match[str]) -> str:
            label, target, name, definition = match.groups()
            if definition is not None:
                page = self._page(source, definition)
                return f"[{name}]: {page or definition}"
            page = self._page(source, target) if target is not None else None
            if page is None:
                return match[0]
            return f"[{label}]({page})" if page else f"{label} (`{target}`)"

        lines, is_code = [], False
        for line in text.splitlines(keepends=True):
            is_code ^= bool(_FENCE.match(line))
            lines.append(line if is_code else _LINK.sub(replaced, line))
        return "".join(lines)

    def _page(self, source: Path, target: str) -> str | None:
        """Where a link leads on the site; empty for a folder, None for what is no file of ours."""
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            return None
        path, hash_, anchor = target.partition("#")
        file = Path(os.path.normpath(source.parent / path))
        if file.is_dir():
            return ""
        if not file.is_file():
            raise SystemExit(f"{source.relative_to(ROOT)}: there is no {target}")
        if file not in self.pages:
            self.files[file] = self.pages[file] = Path("source") / f"{file.relative_to(ROOT)}.md"
            hash_ = anchor = ""
        return f"{os.path.relpath(self.pages[file], self.pages[source].parent)}{hash_}{anchor}"


def assemble(folder: Path) -> None:
    """Write all pages, and what Sphinx needs, into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SITE, folder, ignore=shutil.ignore_patterns("*.pyc", "__pycache__", "assemble.py"))
    documents = pages()
    linker = Linker(documents)
    for source, page in documents.items():
        text = linker.linked(source, source.read_text())
        title = TITLES.get(str(source.relative_to(ROOT)))
        _write(folder / page, text if title is None else _TITLE.sub(f"# {title}", text, count=1))
    for source, page in linker.files.items():
        language = {".py": "python", ".sh": "sh", ".yaml": "yaml"}.get(source.suffix, "text")
        name = source.relative_to(ROOT)
        _write(folder / page, f"---\norphan: true\n---\n# {name}\n\n`````{language}\n{source.read_text()}\n`````\n")
    _write(folder / "labs" / "index.md", _lab_list([p for p in documents.values() if p.parent.name == "labs"], folder))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _lab_list(labs: list[Path], folder: Path) -> str:
    cards = []
    for page in labs:
        text = (folder / page).read_text()
        title = _TITLE.search(text)
        number = page.name.partition("-")[0]
        first = next((part for part in text.split("\n\n")[1:] if part[:1].isalpha()), "")
        summary = " ".join(first.split())
        cards.append(f"- [{number}  {title[1] if title else page.stem}]({page.name})\n\n  {summary}")
    return _LABS.format(cards="\n".join(cards), entries="\n".join(page.stem for page in labs))


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
