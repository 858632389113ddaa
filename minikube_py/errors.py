"""The root of the error tree: everything this project raises on purpose derives from MinikubeError.

Each floor has its own branch (ApiError in api.status, StorageError in storage.interface, RuntimeFault in
runtime.interface, NetworkFault in network.interface) and translates what it catches from below with `raise ... from`.
A user never sees a traceback of one of these: the outermost `main` prints `str(error)`.
"""


class MinikubeError(Exception):
    """Any failure that this project names."""


class ConfigError(MinikubeError):
    """The user's configuration (flag, file, environment) cannot be used; the message names the key and the fix."""


class TerminalError(MinikubeError):
    """A reconcile that must not be retried: only a change of the object can help."""
