"""Pods on a Docker engine, as the kubelet drove it before CRI: a pause container holds what the others join.

Reading order: `runtime` (the Runtime itself), `translate` (pure: our words to Docker's and back), `engine` (the SDK in
threads, its errors in our words), `images`, `exec`.
"""
