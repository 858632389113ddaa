"""What an administrator forbids in the whole cluster, as validation knows it.

The API server says it once, for its own tasks; to everybody else nothing is forbidden.

Kubernetes: pkg/capabilities, a global of the process, which here may be shared with others
"""

from __future__ import annotations

from contextvars import ContextVar

ALLOWS_PRIVILEGED: ContextVar[bool] = ContextVar("allows_privileged", default=True)
"""Whether containers may be privileged."""
