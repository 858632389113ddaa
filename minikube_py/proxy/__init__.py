"""Makes Services reachable: turns Services and EndpointSlices into rules for this node, and has a dataplane obey them.

Reading order: `service_map` (what the API says), `topology` (who may serve), `ruleset` (the rules, backend-neutral),
`dataplanes.interface`, `dataplanes.simulated` (what every dataplane must do), `dataplanes.iptables_rules` (the rules as
iptables text), `proxy` (the loop), `run` (puts it together), `tracer` (where does this packet go?).
"""
