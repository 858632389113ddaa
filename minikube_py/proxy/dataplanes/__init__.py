"""Ways to carry packets to endpoints. Read `interface` first, then `simulated` (what all must do), then `iptables`.

interface        Dataplane: sync, cleanup
simulated        rules in memory, packets as values
iptables         the kernel's tables; its text is made in iptables_rules, compared and written in iptables_tables
userspace        this process carries every byte, where there is no iptables
conntrack        connections the kernel remembers although their endpoint is gone
"""
