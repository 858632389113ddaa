"""Rights: the capabilities that root has on this machine.

On a machine that is a container itself it lacks some, and nobody can be given those; "all" means all that there are.

Kubernetes: containerd, which gives a privileged container what it holds itself
"""

from functools import cache
from pathlib import Path

ALL_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
"""In the order of the kernel's numbers."""


@cache
def held_capabilities() -> tuple[str, ...]:
    lines = Path("/proc/self/status").read_text().splitlines()
    (bits,) = (int(line.split()[1], 16) for line in lines if line.startswith("CapBnd:"))
    return tuple(name for number, name in enumerate(ALL_CAPABILITIES) if bits >> number & 1)
