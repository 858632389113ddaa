"""Client: how every other program talks to the API server.

Reading order: client.py (the verbs, typed by class), request.py (a class and a verb become a URL), transport.py (the
connection), watch.py (lines become events), partial.py and discovery.py (kinds that this program does not know),
kubeconfig.py and tls.py (which server, as whom).
"""
