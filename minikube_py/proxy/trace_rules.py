"""One iptables rule as the tracer understands it: how likely it takes a packet, and what it does to it."""

import ipaddress
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final


class UnknownMatch(Exception):
    """A rule asks for something that the tracer cannot know; the text says what."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules can ask about a packet; the destination changes when it is translated."""

    source: str
    destination: str
    port: int
    protocol: str
    mark: int = 0
    is_translated: bool = False
    node_addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Option:
    """`! --dport 80`: a name, its words, and whether the opposite is meant."""

    name: str
    words: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule."""

    matches: tuple[Option, ...]
    target: str
    arguments: Mapping[str, str]

    def chance(self, facts: Facts) -> float:
        """The probability that this rule takes the packet. Raises: UnknownMatch."""
        chance = 1.0
        for option in self.matches:
            if option.name not in _MATCHES:
                raise UnknownMatch(option.name)
            likely = _MATCHES[option.name](option.words, facts)
            chance *= 1 - likely if option.is_negated else likely
            if chance == 0.0:
                break
        return chance

    def apply(self, facts: Facts) -> Facts:
        """The packet after the rule took it."""
        if self.target == "MARK":
            value, mask = (int(word, 16) for word in self.arguments["--set-xmark"].split("/"))
            return replace(facts, mark=facts.mark & ~mask ^ value)
        if self.target == "DNAT":
            address, _, port = self.arguments["--to-destination"].partition(":")
            return replace(facts, destination=address, port=int(port or facts.port), is_translated=True)
        return facts


def parse_rule(text: str) -> Rule:
    """Read a rule as `iptables-save` prints it, without `-A CHAIN`."""
    before, _, after = text.rpartition("-j ") if "-j " in text else (text, "", "")
    target, *arguments = shlex.split(after) or [""]
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=False))
    return Rule(tuple(option for option in _options(shlex.split(before)) if option.name not in _SILENT), target, pairs)


def _options(words: list[str]) -> list[Option]:
    options: list[Option] = []
    is_negated = False
    for word in words:
        if word == "!":
            is_negated = True
        elif word.startswith("-") and len(word) > 1:
            options.append(Option(word, (), is_negated))
            is_negated = False
        elif options:
            options[-1] = replace(options[-1], words=(*options[-1].words, word))
    return options


def _in_network(address: str, words: tuple[str, ...]) -> float:
    return float(ipaddress.ip_address(address) in ipaddress.ip_network(words[0]))


def _port(port: int, words: tuple[str, ...]) -> float:
    low, _, high = words[0].partition(":")
    return float(int(low) <= port <= int(high or low))


def _mark(words: tuple[str, ...], facts: Facts) -> float:
    value, _, mask = words[0].partition("/")
    return float(facts.mark & int(mask or "0xffffffff", 16) == int(value, 16))


def _state(words: tuple[str, ...], facts: Facts) -> float:
    states = words[0].split(",")
    return float("NEW" in states or ("DNAT" in states and facts.is_translated))


def _address_type(address: str, words: tuple[str, ...], facts: Facts) -> float:
    if words != ("LOCAL",):
        raise UnknownMatch(f"address type {' '.join(words)}")
    return float(address in facts.node_addresses or address.startswith("127."))


_SILENT: Final = frozenset({"-m", "--comment", "--mode", "--name", "--mask", "--rsource", "--seconds", "--reap"})
"""Options that only prepare or describe another one."""

_MATCHES: Final[Mapping[str, Callable[[tuple[str, ...], Facts], float]]] = {
    "-s": lambda words, facts: _in_network(facts.source, words),
    "-d": lambda words, facts: _in_network(facts.destination, words),
    "-p": lambda words, facts: float(words[0] in (facts.protocol, "all")),
    "--dport": lambda words, facts: _port(facts.port, words),
    "--mark": _mark,
    "--ctstate": _state,
    "--probability": lambda words, _facts: float(words[0]),
    "--src-type": lambda words, facts: _address_type(facts.source, words, facts),
    "--dst-type": lambda words, facts: _address_type(facts.destination, words, facts),
    "--rcheck": lambda _words, _facts: 0.0,
    "--set": lambda _words, _facts: 1.0,
}
