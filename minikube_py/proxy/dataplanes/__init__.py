"""Ways to carry packets to endpoints. Read `interface` first, then `simulated` (what all must do), then `iptables`.

interface    Dataplane: sync, audit, cleanup
simulated    rules in memory, packets as values
iptables     the kernel's tables: text made in iptables_rules, compared and written by way of iptables_tables;
             nftables_generation (did anything change?), conntrack (flows to endpoints that are gone)
userspace    this process carries every byte (relay), where there is no iptables
"""
