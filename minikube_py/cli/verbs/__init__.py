"""One module a verb; `minikube_py.cli.main.COMMANDS` is the table of them."""
