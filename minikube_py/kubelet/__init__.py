"""The kubelet: makes the pods of one node run, and tells the API server how they are.

Reading order: `kubelet` (sources of pods -> one worker a pod), `pod_worker` (observe, plan, act, report), `plan` (what
to do: pure), `pod_status` (what to say: pure), `container_config` and `environment` (a container as the runtime wants
it: pure), then the parts with effects: `volumes`, `images`, `probes`, `node_status`, `server`.
"""
