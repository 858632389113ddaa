#!/bin/sh
# Install the distribution packages that are missing: `pods` for running them, `tests` for the whole test suite.
# Asks first when a person is at the terminal, unless YES=1.
set -eu

want() { # PROGRAM PACKAGE: note the package if the program is not there
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

missing=""
python3 -c 'import ensurepip' 2>/dev/null || missing=" python3-venv"
for pair in runc:runc conmon:conmon skopeo:skopeo umoci:umoci ip:iproute2 iptables-restore:iptables nft:nftables curl:curl; do
    want "${pair%%:*}" "${pair##*:}"
done
if [ "${1:-pods}" = tests ]; then
    for pair in dockerd:docker.io etcd:etcd-server docker-registry:docker-registry conntrack:conntrack busybox:busybox-static pkill:procps tmux:tmux ping:iputils-ping; do
        want "${pair%%:*}" "${pair##*:}"
    done
fi

[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "error: this is no Debian. Install with your distribution's tool what Debian calls:$missing" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "error: packages are missing; as root: apt-get install -y$missing" >&2
    exit 1
fi
if [ -t 0 ] && [ -t 1 ] && [ "${YES:-}" != 1 ]; then
    printf 'These packages are missing:%s\nInstall them with apt-get? [Y/n] ' "$missing"
    read -r answer || answer=n
    case "$answer" in n*|N*) echo "Nothing was installed. Without them: minikube-py start --container-runtime=simulated"; exit 1 ;; esac
fi
echo "Installing$missing (this downloads; a minute or so)"
# Nothing that a package brings is started: whoever needs a daemon starts it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
