#!/bin/bash
# Makes ConfigMaps of 100 kB on the small disk until one is refused.
for number in $(seq 20); do
    kubectl -s http://localhost:8081 create configmap "full-$number" --from-file=blob 2>&1 || exit 0
done
