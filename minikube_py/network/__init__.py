"""Gives pods their addresses: `interface`, `ipam` (addresses in files), `bridge` (veth and netns), `simulated`."""
