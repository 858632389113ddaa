"""Flow control: whose request is served next when there are more than can be served at once.

    request -> the first FlowSchema that matches -> its priority level -> a seat, or a place in a queue, or 429

`matching` says which schema a request belongs to, `level` keeps the seats and queues of one priority level,
`controller` puts both together and hands out the turns. Nothing here knows HTTP, or where the
schemas are stored.

Kubernetes: staging/src/k8s.io/apiserver/pkg/util/flowcontrol, KEP-1040
"""
