"""pykubectl options: the flags that every command takes.

Kubernetes: kubectl pkg/cmd/options.
"""

from minikube_py.cli.command import Invocation, NoFlags, Verb
from minikube_py.cli.flags import Flag
from minikube_py.cli.help_text import option_help


def options(call: Invocation[NoFlags]) -> None:
    """Print the global flags."""
    listed = [option for option in COMMAND.params if isinstance(option, Flag) and option.is_global]
    print("The following options can be passed to any command:\n")
    print("\n\n".join(option_help(option) for option in sorted(listed, key=lambda option: option.long)))


COMMAND = Verb("options", options, NoFlags, summary="List the flags that every command takes", usage="options")
