"""Controllers: each compares what is with what should be, for one kind, and takes a step.

Reading order: replica_set (the model for all others: plan.py decides, controller.py acts), deployment, endpoints,
service_account.py, root_ca_publisher.py, namespace, garbage_collector, node_lifecycle, pod_garbage.py; manager.py is
the list of them and context.py what each is given.
"""
