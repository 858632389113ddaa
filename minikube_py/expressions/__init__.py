"""Expressions: the language in which objects are judged by rules that users write: CEL (cel.py, cel_functions.py)."""
