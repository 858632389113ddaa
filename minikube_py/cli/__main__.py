"""`python -m minikube_py.cli`, and the console script pykubectl."""

import sys

from minikube_py.cli.main import main as run


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run())


if __name__ == "__main__":
    main()
