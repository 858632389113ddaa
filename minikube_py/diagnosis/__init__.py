"""Answers "why?": facts that anybody may read from the API server in, an explanation out. Pure: no I/O.

Reading order: `explanation` (the answer), `facts` (what is known), `components` (who is alive), then one module a
subject: `pods`, `placement`, `containers`, `workloads`, `services`, `nodes`, `denials`.

The command line gathers the facts (`cli/verbs/why.py`) and prints the answer.
"""
