# Read by `. ./lab.sh`: where the ConfigMaps are, what version a file ends with,
# and the watch that goes on from there.
api=http://localhost:8080/api/v1/namespaces/default/configmaps

# version FILE: of a list its own, of a watch that of the last object it told of
version() {
    python3 - "$1" <<'END'
import json, sys
text = open(sys.argv[1]).read()
try:
    print(json.loads(text)["metadata"]["resourceVersion"])
except (ValueError, KeyError):
    print(json.loads(text.splitlines()[-1])["object"]["metadata"]["resourceVersion"])
END
}

# after FILE: the address of a watch of all that happened after that version
after() {
    echo "$api?watch=1&resourceVersion=$(version "$1")"
}
