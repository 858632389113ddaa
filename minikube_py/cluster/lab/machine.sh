#!/bin/bash
# The first process of a lab's machine. It is started in fresh namespaces, makes them look like a computer of their own,
# says so in FOLDER/ready, and then only collects processes that ended. Kill it, and everything on the machine ends.
#
#   machine.sh FOLDER NAME CGROUP [KEPT...]
#
# FOLDER  the machine's files on the real disk, seen from inside as /run/machine
# CGROUP  its place in the trees of cgroups; containers are below it
# KEPT    folders that must stay visible: our own programs, wherever they are installed
set -euo pipefail
folder=$1 name=$2 cgroup=$3

if [ -z "${MACHINE_IS_IN_CGROUP:-}" ]; then
    while read -r _ point kind _; do
        case "$kind" in
            cgroup) leaf=$point/$cgroup ;;
            cgroup2) leaf=$point/$cgroup/init ;; # in v2, a cgroup with others below it has no processes
            *) continue ;;
        esac
        mkdir -p "$leaf"
        if [ -e "$leaf/cpuset.cpus" ] && [ "$kind" = cgroup ]; then
            cat "$point/cpuset.cpus" >"$leaf/cpuset.cpus"
            cat "$point/cpuset.mems" >"$leaf/cpuset.mems"
        fi
        echo $$ >"$leaf/cgroup.procs"
    done </proc/mounts
    MACHINE_IS_IN_CGROUP=1 exec unshare --cgroup bash "$0" "$@"
fi
unset MACHINE_IS_IN_CGROUP
shift 3

# 1. What is needed of the old view, put where the new /run will be.
mkdir -p "$folder"/{run,tmp,var-tmp,home,docker,kubelet,minikube-py,bin}
chmod 1777 "$folder/tmp" "$folder/var-tmp"
mount -t tmpfs -o mode=755 tmpfs "$folder/run"
mkdir "$folder/run/machine" "$folder/run/lock" "$folder/run/netns"
mount --bind "$folder" "$folder/run/machine"
number=0
for kept in "$@"; do
    number=$((number + 1))
    mkdir -p "$folder/run/kept/$number"
    mount --rbind "$kept" "$folder/run/kept/$number"
done
mount --rbind "$folder/run" /run

# 2. Changes of these folders are kept in memory, and go with the machine.
for covered in etc var root; do
    mkdir -p "/run/changes/$covered/upper" "/run/changes/$covered/work"
    chmod --reference="/$covered" "/run/changes/$covered/upper"
    upper=/run/changes/$covered/upper work=/run/changes/$covered/work
    mount -t overlay -o "lowerdir=/$covered,upperdir=$upper,workdir=$work" "machine-$covered" "/$covered"
done
# 3. These are the machine's own, and on disk.
for own in docker kubelet minikube-py; do
    mkdir -p "/var/lib/$own"
    mount --bind "/run/machine/$own" "/var/lib/$own"
done
mkdir -p /var/lib/learner
mount --bind /run/machine/home /var/lib/learner
mount --bind /run/machine/tmp /tmp
mount --bind /run/machine/var-tmp /var/tmp
[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
number=0
for kept in "$@"; do
    number=$((number + 1))
    [ -n "$(ls -A "$kept" 2>/dev/null)" ] && continue
    mkdir -p "$kept"
    mount --rbind "/run/kept/$number" "$kept"
done

# 4. Processes, cgroups, and the machine's name, which nobody else can tell it.
mount -t proc proc /proc
mounts=$(cat /proc/mounts) # before they become more
while read -r _ point kind _; do
    case "$kind" in cgroup | cgroup2) mount --bind "$point/$cgroup" "$point" ;; esac
done <<<"$mounts"
echo "$name" >/proc/sys/kernel/hostname
rm -f /etc/resolv.conf # there is no way out of a lab, so no name server either
printf '127.0.0.1 localhost\n' >/etc/hosts
echo 0 >/proc/sys/net/ipv4/ip_forward
ip link set lo up
: >/run/machine/ready
cd /
while :; do
    sleep infinity &
    wait $! || true
done
