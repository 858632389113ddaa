"""Runs containers: `interface` (what the kubelet asks), `abilities` (logs, exec, ...), then one implementation a file.

Read `interface`, `simulated` (the whole contract with no kernel in it), `oci/runtime`, `docker`.
"""
