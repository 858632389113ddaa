#!/bin/sh
# 30 requests to a Service at once: how many got which answer, and from which Pod. Our nginx says its name in a header.
ask() {
    curl -s -o /dev/null -D - --max-time 2 "http://${1:-10.0.0.80}/" | tr -d '\r' |
        awk '/^HTTP/ {code = $2} /^Pod:/ {pod = $2} END {print code ? code " " pod : "no answer"}'
}
for n in $(seq 30); do
    ask "$@" &
done | sort | uniq -c
