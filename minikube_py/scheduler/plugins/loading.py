"""Plugins that are not ours: `--plugin MODULE:CLASS`, found as Python finds modules, and in the current folder.

Kubernetes: cmd/kube-scheduler/app/server.go (WithPlugin: there they are compiled in)
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

from minikube_py.errors import ConfigError
from minikube_py.scheduler.framework import ClusterChange, Marking, Profile

_FORMS = {"filter_for": ("waits_for",), "score_for": ("weight", "marking")}
"""What makes a plugin a filter or gives it marks, and what it must then say besides."""


def with_plugins(profile: Profile, wanted: Iterable[str]) -> Profile:
    """The profile with these plugins, each `MODULE:CLASS`, asked after its own. Raises: ConfigError."""
    for each in wanted:
        plugin = _load(each)
        if hasattr(plugin, "filter_for"):
            profile = replace(profile, filters=(*profile.filters, plugin))
        if hasattr(plugin, "score_for"):
            profile = replace(profile, scores=(*profile.scores, plugin))
    return profile


def _load(wanted: str) -> Any:
    module_name, colon, class_name = wanted.partition(":")
    if not (module_name and colon and class_name):
        raise ConfigError(f"--plugin: {wanted!r} is not MODULE:CLASS, as in mine:Cheapest")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        made = getattr(importlib.import_module(module_name), class_name)()
    except (ImportError, AttributeError, SyntaxError, TypeError) as error:
        raise ConfigError(f"--plugin: {wanted} cannot be loaded: {error}") from error
    fault = _fault(made)
    if fault:
        raise ConfigError(f"--plugin: {wanted} is no plugin: {fault}")
    return made


def _fault(plugin: Any) -> str:
    forms = [form for form in _FORMS if hasattr(plugin, form)]
    if not forms:
        return f"it has neither {' nor '.join(_FORMS)}"
    for attribute in ("name", "looks_at", *(each for form in forms for each in _FORMS[form])):
        if not hasattr(plugin, attribute):
            return f"it has no {attribute}"
    known = {"marking": get_args(Marking), "waits_for": get_args(ClusterChange)}
    for attribute, values in known.items():
        said = getattr(plugin, attribute, ())
        for each in (said,) if isinstance(said, str) else said:
            if each not in values:
                return f"its {attribute} has {each!r}, which is none of {', '.join(values)}"
    return ""
