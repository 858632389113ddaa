#!/bin/bash
# A disk of two megabytes, in memory, and a second API server that keeps its
# objects there.
mkdir -p small
mountpoint -q small || mount -t tmpfs -o size=2m tmpfs small
head -c 100000 /dev/zero | tr '\0' x >blob
nohup setsid pykube-apiserver --port=8081 \
    --storage="sqlite://$PWD/small/store.db" >>small.log 2>&1 </dev/null &
