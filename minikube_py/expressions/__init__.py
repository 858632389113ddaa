"""Expressions: languages in which objects are asked and judged: CEL (cel.py) and kubectl's JSONPath (jsonpath.py)."""
