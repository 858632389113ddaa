"""The addresses behind a Service, twice: as EndpointSlices (what the proxy reads) and as legacy Endpoints.

Reading order: backends.py (which pods stand behind a Service), slices.py (how they are laid out in slices),
slice_controller.py, endpoints_controller.py.
"""
