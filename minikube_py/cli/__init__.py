"""pykubectl: kubectl's verbs, flags, texts and exit codes on plain documents.

Reading order: main (the table of verbs), command and flags (what a verb is), session, connection, discovery,
resource_arguments (what the words on the command line mean), output, tables, jsonpath; then one module a verb in
`verbs/`.

Invariant: no model, no FastAPI, no gRPC is imported here; `pykubectl get pods` starts in a fraction of a second.
"""
