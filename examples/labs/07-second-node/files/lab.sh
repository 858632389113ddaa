# Read by `. ./lab.sh`: words for what this lab asks again and again.

# service: the cluster IP of the Service httpenv
service() { kubectl get service httpenv -o jsonpath='{.spec.clusterIP}'; }

# shared: the address that two of the Pods have
shared() {
    kubectl get pods -l app=httpenv \
        -o jsonpath='{range .items[*]}{.status.podIP}{"\n"}{end}' | sort | uniq -d
}

# who ADDRESS: which Pod answers there; httpenv answers with its environment
who() {
    curl -s --max-time 1 "http://$1:8888/" | grep -o '"HOSTNAME":"[^"]*"' |
        cut -d '"' -f 4
}

# answering: how many different Pods answer, of thirty requests to the Service
answering() {
    address=$(service)
    curl -sZ --connect-timeout 1 "http://$address:8888/?[1-30]" 2>/dev/null |
        grep -o '"HOSTNAME":"[^"]*"' | sort -u | wc -l
}
