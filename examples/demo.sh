#!/bin/sh
# The notes' three commands, typed for you: a cluster, a deployment, three replicas, one address in front of them.
# With -y (or YES=1) missing packages are installed without a question.
set -eu
[ "${1:-}" != -y ] || export YES=1
cd "$(dirname "$0")/.."
found=$(command -v pykubectl || true)
PATH="$PWD/.venv/bin:$PATH:/usr/sbin:/sbin"

say() { printf '\n$ %s\n' "$*"; "$@"; }

sh examples/install-packages.sh pods

# What the pods' images and containers wait for, as the events tell it, each line once.
tell() {
    pykubectl get events -o 'jsonpath={range .items[*]}{.type} {.reason}: {.message}{"\n"}{end}' |
        grep -E '^Normal (Pulling|Building|Built)|^Warning ' | cut -c1-110 | while read -r line; do
        grep -qxF "$line" "$told" || { echo "$line" >>"$told"; echo "  ${line#* }"; }
    done
}

say minikube-py start

if pykubectl get deployment web >/dev/null 2>&1; then
    printf '\nThe deployment is there already, from the last time.\n'
else
    say pykubectl create deployment web --image=nginx
fi
[ "$(pykubectl get deployment web -o 'jsonpath={.spec.replicas}')" = 3 ] || say pykubectl scale deployment web --replicas=3
pykubectl get service web >/dev/null 2>&1 || say pykubectl expose deployment web --port=80

printf '\nWaiting for 3 pods to be ready (the first time, the image of nginx is built):\n'
told=$(mktemp)
trap 'rm -f "$told"' EXIT
tries=0
until [ "$(pykubectl get deployment web -o 'jsonpath={.status.readyReplicas}')" = 3 ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ]; then
        echo "error: 3 pods are not ready; this is what there is:" >&2
        pykubectl get pods,events
        exit 1
    fi
    tell
    sleep 0.3
done
say pykubectl get pods -o wide

address=$(pykubectl get service web -o 'jsonpath={.spec.clusterIP}')
printf '\nAsking the service at %s six times:\n' "$address"
for number in 1 2 3 4 5 6; do
    tries=0
    until answer=$(curl -sSi --max-time 2 "http://$address/" 2>/dev/null); do
        tries=$((tries + 1))
        [ "$tries" -le 50 ] || { echo "error: no answer from http://$address/" >&2; exit 1; }
        sleep 0.2
    done
    title=$(printf '%s' "$answer" | sed -n 's:.*<title>\(.*\)</title>.*:\1:p')
    pod=$(printf '%s' "$answer" | tr -d '\r' | sed -n 's/^Pod: //p')
    echo "  $number: $title (from ${pod:-a pod})"
done

printf '\nIt works. What to try next:\n\n'
[ -n "$found" ] || echo "  export PATH=\"$PWD/.venv/bin:\$PATH\"    # so that your shell finds pykubectl"
cat <<'END'
  pykubectl get all
  pykubectl delete pod --all          # and watch them come back: pykubectl get pods -w
  iptables-save -t nat | grep KUBE    # the service, as rules
  minikube-py logs scheduler
  minikube-py delete                  # takes everything away again
END
