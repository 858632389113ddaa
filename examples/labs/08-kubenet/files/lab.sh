# Read by `. ./lab.sh`: words for what this lab asks again and again.

# on NODE: the address of one of the Pods there
on() {
    kubectl get pods -l app=httpenv --field-selector "spec.nodeName=$1" \
        -o jsonpath='{.items[0].status.podIP}'
}

# answering: how many different Pods answer, of thirty requests to the Service
answering() {
    address=$(kubectl get service httpenv -o jsonpath='{.spec.clusterIP}')
    curl -sZ --connect-timeout 1 "http://$address:8888/?[1-30]" 2>/dev/null |
        grep -o '"HOSTNAME":"[^"]*"' | sort -u | wc -l
}

# in_range: how many Pods run with an address of their node's range
in_range() {
    kubectl get pods -l app=httpenv \
        -o jsonpath='{range .items[*]}{.status.phase} {.status.podIP}{"\n"}{end}' |
        grep -c '^Running 10\.99\.'
}
