#!/bin/bash
# Starts what of the cluster does not run; the output of each is in NAME.log.
begin() {
    pgrep -f "^([^ ]*python3? [^ ]*/)?$1( |$)" >/dev/null || { nohup setsid "$@" >>"$1.log" 2>&1 </dev/null & }
}

begin etcd
begin pykube-apiserver --etcd-servers=http://localhost:2379
begin pykube-controller-manager --master=http://localhost:8080
begin pykube-scheduler --master=http://localhost:8080
begin pykube-proxy --master=http://localhost:8080
begin pykubelet --kubeconfig=.kube/config --container-runtime=oci --network-plugin=kubenet --pod-cidr=10.99.1.0/24
