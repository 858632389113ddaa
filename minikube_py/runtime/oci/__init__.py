"""Pods with no daemon: images by skopeo and umoci, overlayfs, containers by runc under conmon; a mini CRI-O.

Reading order: `runtime` (the Runtime itself), `sandbox` (namespaces kept alive by files), `bundle` (pure: container ->
OCI runtime spec), `conmon` (starts a container and lets it go), `images`, `registry`, `recipes`, then the small ones
that touch the kernel: `kernel`, `cgroups`, `processes`.
"""
