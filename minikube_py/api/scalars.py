"""The scalar types of the API: text with a canonical form that can be compared and reckoned with.

Each is a `str`, so that it costs nothing to write out and equality is equality of the canonical text.

Kubernetes: apimachinery/pkg/api/resource/quantity.go, meta/v1/{time,micro_time}.go, util/intstr
Simplified: Quantity keeps suffixes of its own family only (decimal stays decimal, binary stays binary), with one
precision of 400 digits; a number that needs more is refused.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_UP, Context, Decimal
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, Field, GetCoreSchemaHandler
from pydantic_core import core_schema

from minikube_py.api.markers import Format

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?", re.ASCII)
_MOST_DIGITS = 120
_EXACT = Context(prec=400)
_MOST_BINARY = Decimal(2**63 - 1)
_BINARY = {f"{letter}i": Decimal(1024) ** (index + 1) for index, letter in enumerate("KMGTPE")}
_DECIMAL = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)} | {
    letter: Decimal(1000) ** (index + 1) for index, letter in enumerate("kMGTPE")
}


class Quantity(str):
    """An amount such as `100m`, `1.5Gi`, `2`; always in canonical form, so `Quantity("1000m") == "1"`.

    Raises: ValueError for text that is no quantity.
    """

    __slots__ = ()

    def __new__(cls, text: str | int | float = "0") -> Self:
        return super().__new__(cls, _canonical(str(text)))

    @property
    def value(self) -> Decimal:
        """The exact amount in whole units (cores, bytes)."""
        return _parse(self)[0]

    @property
    def millis(self) -> int:
        """Thousandths, rounded away from zero: what CPU is counted in."""
        return int((self.value * 1000).to_integral_value(ROUND_UP))

    @property
    def units(self) -> int:
        """Whole units, rounded away from zero: what bytes and pods are counted in."""
        return int(self.value.to_integral_value(ROUND_UP))

    def __add__(self, other: str) -> Quantity:
        return Quantity.of(
            _EXACT.add(self.value, Quantity(other).value), binary=(self if self.value else other).endswith("i")
        )

    @classmethod
    def of(cls, value: Decimal | int, *, binary: bool = False) -> Quantity:
        return cls(_format(Decimal(value), "binary" if binary else "decimal"))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        given = core_schema.union_schema(
            [core_schema.str_schema(), core_schema.int_schema(), core_schema.float_schema()]
        )
        return core_schema.no_info_after_validator_function(
            cls, given, serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="unless-none")
        )


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[Decimal, str]:
    matched = _QUANTITY.fullmatch(text)
    if matched is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    number, suffix = Decimal(matched[1]), matched[2] or ""
    if len(matched[1]) > _MOST_DIGITS:
        raise ValueError("unable to parse numeric part of quantity")
    if suffix in _BINARY:
        value = _EXACT.multiply(number, _BINARY[suffix])
        return max(min(value, _MOST_BINARY), -_MOST_BINARY), "binary"
    if suffix in _DECIMAL:
        return _EXACT.multiply(number, _DECIMAL[suffix]), "decimal"
    if len(suffix) > 5 or abs(int(suffix[1:])) > _MOST_DIGITS:
        raise ValueError("unable to parse quantity's suffix")
    return number.scaleb(int(suffix[1:]), _EXACT), "exponent"


@functools.lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    if text.isdecimal() and text.isascii() and len(text) < 19 and text[0] != "0" and not text.endswith("000"):
        return text
    value, family = _parse(text)
    return _format(value, family)


def _format(value: Decimal, family: str) -> str:
    """The text with the largest suffix that leaves a whole number, never less than a billionth."""
    if value == 0:
        return "0"
    nanos = int(value.scaleb(9, _EXACT).to_integral_value(ROUND_UP))
    if family == "binary" and nanos % 1_000_000_000 == 0 and abs(value) >= 1024:
        units = nanos // 1_000_000_000
        power = max((p for p in range(7) if units % 1024**p == 0), default=0)
        return f"{units // 1024**power}{'KMGTPE'[power - 1] + 'i' if power else ''}"
    power = max(p for p in range(10) if nanos % 1000**p == 0)
    number = nanos // 1000**power
    if family == "exponent":
        return f"{number}e{3 * (power - 3)}" if power != 3 else str(number)
    return f"{number}{['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'][power]}"


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _no_time(text: str) -> str:
    return f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse'


class Time(str):
    """A moment to the second, as RFC 3339 text in UTC: `2026-11-23T08:00:00Z`. Text order is time order."""

    __slots__ = ()
    _timespec = "seconds"

    def __new__(cls, text: str) -> Self:
        if _TIME.fullmatch(text) is None:
            raise ValueError(_no_time(text))
        if cls._timespec == "microseconds" and "." not in text:
            layout, rest = "2006-01-02T15:04:05.000000Z07:00", text[19:]
            raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as ".000000"')
        try:
            moment = datetime.fromisoformat(text)
            is_canonical = len(text) == 20 and cls._timespec == "seconds"
            return super().__new__(cls, text if is_canonical else cls._text(moment))
        except (ValueError, OverflowError) as error:
            raise ValueError(_no_time(text)) from error

    @classmethod
    def _text(cls, moment: datetime) -> str:
        return moment.astimezone(UTC).isoformat(timespec=cls._timespec).removesuffix("+00:00") + "Z"

    @classmethod
    def now(cls) -> Self:
        return cls(cls._text(datetime.now(UTC)))

    @classmethod
    def at(cls, epoch_s: float) -> Self:
        return cls(cls._text(datetime.fromtimestamp(epoch_s, UTC)))

    @property
    def epoch_s(self) -> float:
        return datetime.fromisoformat(self).timestamp()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


class MicroTime(Time):
    """A moment to the microsecond: `2026-11-23T08:00:00.000000Z`."""

    __slots__ = ()
    _timespec = "microseconds"


Int64: TypeAlias = Annotated[int, Format("int64"), Field(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A whole number of 64 bits; every other `int` of the API has 32."""

IntOrString: TypeAlias = int | str
"""A number, or text: a port's name or a percentage."""


def _check_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("illegal base64 data at input byte 0") from None
    return text


Base64: TypeAlias = Annotated[str, AfterValidator(_check_base64)]
"""Bytes, kept as the base64 text of the wire."""

RawExtension: TypeAlias = Annotated[Mapping[str, Any], Format("raw")]
"""An object of any kind inside another."""
