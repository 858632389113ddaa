"""Custom resources: kinds that users bring as a schema, made into Resources while the server runs. Pure.

kind.py        a CustomResourceDefinition -> one class a version, with all that the machinery asks of a kind
structure.py   what of a document the schema keeps, and what it adds
validation.py  what the schema finds wrong with it; rules.py: what its CEL rules find
shapes.py      which fields can have owners; publishing.py: OpenAPI; columns.py: tables
checking.py    what is wrong with the definition itself; naming.py: whether its names are free
"""
