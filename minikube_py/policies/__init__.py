"""Admission policies: which requests they are for, what they say of them, and what they make of them. Pure.

    a policy's expressions -> compiled once (expressions.py, objects.py)
    a request              -> is it meant? (matching.py) -> judged (validating.py), or changed (mutating.py)

Who looks up policies, bindings, parameters and rights is `admission/policies.py`.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy
"""
