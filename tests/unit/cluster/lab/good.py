"""A lab that is as it should be, for tests that make it worse."""

from __future__ import annotations

from pathlib import Path

LAB = """\
title: Small
summary: A lab for tests.
minutes: 1
steps:
- id: first
  title: The first
  predict: {question: "What?", answer: That.}
  failure: {run: cat page, exit: 1, prints: "cat: page: No such file or directory"}
  check:
  - file: {path: page}
    expected: there is a page
    next: you write it
  hintcheck:
  - when: [file: {path: pgae}]
    question: Is it spelt so?
    pointer: Look at ls.
    answer: mv pgae page
  - question: How does one make a file?
    pointer: touch makes one.
    answer: touch page
  wrong:
  - do: [touch pgae]
    hint: spelt
  solution: [touch page]
"""
README = """\
# Small

## 1. The first

**Predict.** What?

**Break.**

```bash
cat page
```

```text
cat: page: No such file or directory
```

**Observe.** It is not there.

**Fix.** Make it. **Verify.** Look.

**Explain.** So.

**In real Kubernetes.** The same. Ours: [`Leaf.grow`][1]. There: [leaves][2].

[1]: minikube_py/leaf.py
[2]: https://github.com/kubernetes/kubernetes
"""


def good_lab(parent: Path) -> Path:
    folder = parent / "01-small"
    (folder / "minikube_py").mkdir(parents=True)
    (folder / "minikube_py" / "leaf.py").write_text("class Leaf:\n    def grow(self): ...\n")
    (folder / "lab.yaml").write_text(LAB)
    (folder / "README.md").write_text(README)
    return folder
