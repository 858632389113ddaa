"""minikube-py lab: courses that a learner does on machines made of namespaces, checked by what happens there.

A lab is a folder of texts (`examples/labs/NN-name`); nothing here knows any lab by name. In the order of reading:
`lab` (what a lab.yaml says), `lab_folder` (reads it), `session` (where the learner is), `machine` and `world` (where
it happens), `prober` (what is seen there), `judgement` (what that means), `course` (the verbs), `commands`.
"""
