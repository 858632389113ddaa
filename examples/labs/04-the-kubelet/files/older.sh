# older.sh: is the nginx of web older than the event that says NotReady?
nginx=$(docker inspect -f '{{.State.StartedAt}}' \
    "$(docker ps -qf name=k8s_nginx_web)")
silence=$(kubectl get events --field-selector reason=NodeNotReady \
    -o 'jsonpath={.items[0].metadata.creationTimestamp}')
echo "nginx runs since $nginx, NotReady since $silence"
[[ $nginx < $silence ]]
