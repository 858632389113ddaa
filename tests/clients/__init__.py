"""Clients that others wrote, unmodified, each doing its work on one running cluster.

They live in an environment of their own, `.venv-clients`, made by `make clients`; the cluster is started by the program
that users start, so nothing of minikube_py is in the tests' process.
"""
