"""Adds up quantities such as 100m and 64Mi for people to read.

The API's own Quantity lives in minikube_py.api.scalars; this program imports no model.

Kubernetes: apimachinery api/resource/quantity.go.
"""

import re
from fractions import Fraction

_SUFFIXES = {"": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SUFFIXES |= {letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)}
_BINARY = {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_QUANTITY = re.compile(r"([+-]?[\d.]+)(?:([eE][+-]?\d+)|([A-Za-z]*))")


def quantity_value(text: str) -> Fraction:
    """Read a quantity as an exact number; 0 for what is none."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        return Fraction(0)
    number, exponent, suffix = match.groups()
    factor = _SUFFIXES.get(suffix or "") or _BINARY.get(suffix or "")
    if factor is None:
        return Fraction(0)
    return Fraction(f"{number}{exponent or ''}") * factor


def quantity_text(value: Fraction, resource: str) -> str:
    """Write a sum in the unit that fits the resource: cores or millicores, bytes by powers of 1024."""
    if value.denominator != 1 or resource == "cpu":
        return str(int(value)) if value.denominator == 1 else f"{-int(-value * 1000 // 1)}m"
    whole = int(value)
    for suffix in reversed(_BINARY):
        factor = int(_BINARY[suffix])
        if whole and whole % factor == 0:
            return f"{whole // factor}{suffix}"
    return str(whole)
