#!/bin/awk -f
# What httpd adds to the environment for the sake of CGI is left out.
BEGIN {
    for (name in ENVIRON)
        if (name !~ /^(HTTP_|REMOTE_|REQUEST_|SCRIPT_|SERVER_|CONTENT_|GATEWAY_INTERFACE$|PATH_INFO$|QUERY_STRING$)/)
            names[++count] = name
    for (i = 2; i <= count; i++)
        for (j = i; j > 1 && names[j - 1] > names[j]; j--) {
            swapped = names[j]; names[j] = names[j - 1]; names[j - 1] = swapped
        }
    printf "Content-Type: application/json\r\n\r\n{"
    for (i = 1; i <= count; i++)
        printf "%s\"%s\":\"%s\"", (i > 1 ? "," : ""), names[i], escaped(ENVIRON[names[i]])
    print "}"
}

function escaped(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    gsub(/\n/, "\\n", text)
    gsub(/\t/, "\\t", text)
    return text
}
