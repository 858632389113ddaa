"""The signals that a container can ask to be stopped with.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go (Signal)
"""

from __future__ import annotations

SIGNALS = (
    "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO",
    "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP",
    "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM",
    "SIGWINCH", "SIGXCPU", "SIGXFSZ",
    "SIGRTMIN", *(f"SIGRTMIN+{number}" for number in range(1, 16)),
    "SIGRTMAX", *(f"SIGRTMAX-{number}" for number in range(1, 15)),
)  # fmt: skip
