"""Admission policies: what users say in CEL is asked of every write that they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.api_server import api_server
from tests.support.eventually import eventually

GROUP = "/apis/admissionregistration.k8s.io/v1"
NAMESPACE = "/api/v1/namespaces/default"
MAPS, DEPLOYMENTS = f"{NAMESPACE}/configmaps", "/apis/apps/v1/namespaces/default/deployments"
MERGE = {"Content-Type": "application/merge-patch+json"}
MAPS_RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
DEPLOYMENTS_RULE = {**MAPS_RULE, "apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"]}


async def posted(client: httpx.AsyncClient, plural: str, name: str, spec: dict[str, Any]) -> None:
    """Written, and seen by the server's cache: a read waits for that."""
    document = {"metadata": {"name": name}, "spec": spec}
    answer = await client.post(f"{GROUP}/{plural}", json=document)
    assert answer.status_code == 201, answer.text
    assert (await client.get(f"{GROUP}/{plural}/{name}")).status_code == 200


async def validating(client: httpx.AsyncClient, name: str, expression: str, **parts: Any) -> None:
    """A policy of one validation, with a binding of its own name; `message` and the like belong to the validation."""
    of_binding = {key: parts.pop(key) for key in ("validationActions", "paramRef", "matchResources") if key in parts}
    of_validation = {key: parts.pop(key) for key in ("message", "messageExpression", "reason") if key in parts}
    rules = parts.pop("rules", [MAPS_RULE])
    validation = {"expression": expression} | of_validation
    spec = {"matchConstraints": {"resourceRules": rules}, "validations": [validation]}
    await posted(client, "validatingadmissionpolicies", name, spec | parts)
    binding = {"policyName": name, "validationActions": ["Deny"]} | of_binding
    await posted(client, "validatingadmissionpolicybindings", name, binding)


async def mutating(client: httpx.AsyncClient, name: str, *mutations: dict[str, Any], **parts: Any) -> None:
    match = {"resourceRules": parts.pop("rules", [MAPS_RULE])}
    spec = {"matchConstraints": match, "mutations": list(mutations), "reinvocationPolicy": "Never"} | parts
    await posted(client, "mutatingadmissionpolicies", name, spec)
    await posted(client, "mutatingadmissionpolicybindings", name, {"policyName": name})


def applying(expression: str) -> dict[str, Any]:
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def patching(expression: str) -> dict[str, Any]:
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def a_map(name: str = "m", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


def a_deployment(name: str, replicas: int) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {"metadata": {"name": name}, "spec": spec}


async def test_a_write_that_fails_is_denied_until_the_policy_goes() -> None:
    async with api_server() as client:
        limit = [{"name": "size", "expression": "int(object.data.size)"}]
        text = "'size ' + object.data.size + ' is too large for ' + request.namespace"
        await validating(client, "limit", "variables.size < 5", variables=limit, messageExpression=text)
        small, large = [await client.post(MAPS, json=a_map(name, size=name[1:])) for name in ("s3", "s7")]
        broken = await client.post(MAPS, json=a_map("broken"))
        grown = await client.patch(f"{MAPS}/s3", json={"data": {"size": "9"}}, headers=MERGE)
        kept = (await client.get(f"{MAPS}/s3")).json()["data"]
        await client.delete(f"{GROUP}/validatingadmissionpolicies/limit")
        await client.get(f"{GROUP}/validatingadmissionpolicies")
        afterwards = await client.post(MAPS, json=a_map("s7", size="7"))
    assert small.status_code == afterwards.status_code == 201
    denied = "ValidatingAdmissionPolicy 'limit' with binding 'limit' denied request"
    assert large.json() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'configmaps "s7" is forbidden: {denied}: size 7 is too large for default',
        "reason": "Invalid",
        "details": {
            "name": "s7",
            "kind": "configmaps",
            "causes": [{"message": f"{denied}: size 7 is too large for default"}],
        },
        "code": 422,
    }
    why = "expression 'variables.size < 5' resulted in error: composited variable \"size\" fails to evaluate"
    assert why in broken.json()["message"]
    assert (grown.status_code, kept) == (422, {"size": "3"})


async def test_who_warns_or_audits_lets_pass(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    async with api_server(audit_log_path=log) as client:
        annotation = [{"key": "who", "valueExpression": "'from ' + request.operation"}]
        actions = ["Warn", "Audit"]
        await validating(
            client, "soft", "false", message="careful", validationActions=actions, auditAnnotations=annotation
        )
        answer = await client.post(MAPS, json=a_map())

        async def is_logged() -> bool:
            return "soft/who" in log.read_text()

        await eventually(is_logged)
    assert answer.status_code == 201
    said = "Validation failed for ValidatingAdmissionPolicy 'soft' with binding 'soft': careful"
    assert answer.headers["Warning"] == f'299 - "{said}"'
    events = [json.loads(line) for line in log.read_text().splitlines()]
    notes = next(each["annotations"] for each in events if "soft/who" in each["annotations"])
    assert notes["soft/who"] == "from CREATE"
    failure = {"message": "careful", "policy": "soft", "binding": "soft", "expressionIndex": 0}
    noted = json.loads(notes["validation.policy.admission.k8s.io/validation_failure"])
    assert noted == [failure | {"validationActions": actions}]


async def test_parameters_are_looked_up_for_every_write() -> None:
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    rules = [DEPLOYMENTS_RULE]
    expression = "object.spec.replicas <= int(params.data.most)"
    ref = {"name": "limits", "parameterNotFoundAction": "Deny"}
    async with api_server() as client:
        await validating(client, "few", expression, rules=rules, paramKind=kind, paramRef=ref, reason="Forbidden")
        without = await client.post(DEPLOYMENTS, json=a_deployment("d", 1))
        await client.post(MAPS, json=a_map("limits", most="2"))
        await client.get(MAPS)
        few, many = [await client.post(DEPLOYMENTS, json=a_deployment(f"d{n}", n)) for n in (2, 3)]
        scale = {"spec": {"replicas": 3}}
        scaled = await client.patch(f"{DEPLOYMENTS}/d2/scale", json=scale, headers=MERGE)
    assert "no params found for policy binding with `Deny` parameterNotFoundAction" in without.json()["message"]
    assert (few.status_code, many.status_code, many.json()["reason"]) == (201, 403, "Forbidden")
    assert many.json()["message"].endswith(f"failed expression: {expression}")
    assert (scaled.status_code, scaled.json()["details"]["kind"]) == (403, "deployments")


async def test_mutations_change_what_is_stored_and_own_nothing() -> None:
    async with api_server() as client:
        side = "Object.spec.template.spec.containers{name: 'side', image: 'busybox'}"
        inner = f"Object.spec.template.spec{{containers: [{side}]}}"
        spec = f"Object.spec{{template: Object.spec.template{{spec: {inner}}}}}"
        await mutating(client, "side", applying(f"Object{{spec: {spec}}}"), rules=[DEPLOYMENTS_RULE])
        add = "JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('a.b'), value: 'new'}"
        await mutating(client, "map", patching(f"[{add}]"), applying("Object{data: {'c': object.data['a.b'] + '!'}}"))
        deployment = (await client.post(DEPLOYMENTS, json=a_deployment("d", 1))).json()
        made = (await client.post(f"{MAPS}?fieldManager=me", json=a_map(x="1"))).json()
        await client.delete(f"{GROUP}/mutatingadmissionpolicybindings/map")
        await client.get(f"{GROUP}/mutatingadmissionpolicybindings")
        plain = (await client.post(MAPS, json=a_map("plain", x="1"))).json()
    containers = deployment["spec"]["template"]["spec"]["containers"]
    assert [(each["name"], each["terminationMessagePath"]) for each in containers] == [
        ("c", "/dev/termination-log"),
        ("side", "/dev/termination-log"),
    ]
    assert made["data"] == {"x": "1", "a.b": "new", "c": "new!"}
    assert [entry["fieldsV1"]["f:data"] for entry in made["metadata"]["managedFields"]] == [{".": {}, "f:x": {}}]
    assert plain["data"] == {"x": "1"}


async def test_a_mutation_that_cannot_be_made_refuses_the_write_or_is_left_out() -> None:
    async with api_server() as client:
        outcomes = {}
        for name, mutation, parts in (
            ("unknown", applying("Object{nosuch: 1}"), {}),
            ("atomic", applying("Object{metadata: Object.metadata{managedFields: [{'a': 'b'}]}}"), {}),
            ("wrong", patching("[JSONPatch{op: 'add', path: '/data', value: 3}]"), {}),
            ("replaced", patching("[JSONPatch{op: 'replace', path: '', value: [1]}]"), {}),
            ("renames", applying("Object{metadata: Object.metadata{name: 'other'}}"), {}),
            ("fails", applying("Object{data: {'a': object.data.nosuch}}"), {}),
            ("lenient", applying("Object{data: {'a': object.data.nosuch}}"), {"failurePolicy": "Ignore"}),
            ("test", patching("[JSONPatch{op: 'test', path: '/data/x', value: '2'}]"), {}),
        ):
            await mutating(client, name, mutation, **parts)
            answer = (await client.post(f"{MAPS}?dryRun=All", json=a_map(x="1"))).json()
            outcomes[name] = answer.get("data", (answer.get("code"), answer.get("reason"), answer.get("message")))
            await client.delete(f"{GROUP}/mutatingadmissionpolicybindings/{name}")
            await client.get(f"{GROUP}/mutatingadmissionpolicybindings")

    def refused(name: str, why: str) -> tuple[int, str, str]:
        return 403, "Invalid", f"policy '{name}' with binding '{name}' denied request: {why}"

    typed = (
        "error applying patch: failed to convert patch object to typed object: .nosuch: field not declared in schema"
    )
    assert outcomes["unknown"] == refused("unknown", typed)
    assert outcomes["wrong"][:2] == (403, "Invalid")
    assert outcomes["replaced"] == refused("replaced", "the mutation does not leave an object")
    assert "a policy may not change what the object is" in outcomes["renames"][2]
    assert "may not mutate atomic arrays, maps or structs: .metadata.managedFields" in outcomes["atomic"][2]
    source = "Object{data: {'a': object.data.nosuch}}"
    assert outcomes["fails"] == refused("fails", f"expression '{source}' resulted in error: no such key: nosuch")
    assert outcomes["lenient"] == outcomes["test"] == {"x": "1"}


async def test_a_policy_that_does_not_compile_is_refused() -> None:
    async with api_server() as client:
        match = {"resourceRules": [MAPS_RULE]}
        spec = {"matchConstraints": match, "validations": [{"expression": "objet.a == 1", "message": " "}]}
        validates = await client.post(
            f"{GROUP}/validatingadmissionpolicies", json={"metadata": {"name": "v"}, "spec": spec}
        )
        spec["validations"] = [{"expression": "objet.a == 1", "messageExpression": "1"}]
        compiled = await client.post(
            f"{GROUP}/validatingadmissionpolicies", json={"metadata": {"name": "v"}, "spec": spec}
        )
    assert 'spec.validations[0].message: Invalid value: " ": must be non-empty if specified' in validates.text.replace(
        '\\"', '"'
    )
    first, second = compiled.json()["details"]["causes"]
    place = "ERROR: <input>:1:1: undeclared reference to 'objet' (in container '')\n | objet.a == 1\n | ^"
    assert first["message"] == f'Invalid value: "objet.a == 1": compilation failed: {place}'
    assert second["message"] == 'Invalid value: "1": must evaluate to string but got int'


async def test_what_writes_no_object_is_asked_about_as_what_was_posted_or_asked_for() -> None:
    resources = ["pods/binding", "pods/eviction", "pods/exec", "pods/proxy"]
    rule = {**MAPS_RULE, "resources": resources}
    spec = {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False}
    text = "request.operation + ' ' + request.subResource + ' ' + object.kind + ' ' + string(oldObject == null)"
    text += " + (has(object.command) ? ' ' + object.command.join(' ') : '')"
    async with api_server() as client:
        await client.post(f"{NAMESPACE}/serviceaccounts", json={"metadata": {"name": "default"}})
        await validating(client, "told", "false", rules=[rule], messageExpression=text)
        made = await client.post(f"{NAMESPACE}/pods", json={"metadata": {"name": "p"}, "spec": spec})
        assert made.status_code == 201
        at = f"{NAMESPACE}/pods/p"
        binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
        bound = await client.post(f"{at}/binding", json=binding)
        evicted = await client.post(f"{at}/eviction?dryRun=All", json={"metadata": {"name": "p"}})
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "v5.channel.k8s.io",
        }
        opened = await client.get(f"{at}/exec?command=rm&command=-r&container=c&stdout=true", headers=upgrade)
    said = [answer.json()["message"].rpartition("denied request: ")[2] for answer in (bound, evicted, opened)]
    assert said == [
        "CREATE binding Binding true",
        "CREATE eviction Eviction true",
        "CONNECT exec PodExecOptions true rm -r",
    ]
    assert {answer.json()["details"]["kind"] for answer in (bound, evicted, opened)} == {"pods"}


async def test_a_webhook_configuration_with_a_condition_that_does_not_compile_is_refused() -> None:
    client_config = {"url": "https://example.com/hook"}
    hook = {"name": "a.example.com", "clientConfig": client_config, "sideEffects": "None"}
    hook["admissionReviewVersions"] = ["v1"]
    async with api_server() as client:
        for plural in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
            for expression, code in (("object.metadata.name != 'x'", 201), ("1 + 1", 422), ("objectt == 1", 422)):
                condition = {"name": "only", "expression": expression}
                document = {"metadata": {"name": f"w{code}"}, "webhooks": [{**hook, "matchConditions": [condition]}]}
                answer = await client.post(f"{GROUP}/{plural}", json=document)
                assert answer.status_code == code, answer.text
                assert code == 201 or "webhooks[0].matchConditions[0].expression: Invalid value" in answer.text


async def test_a_policy_knows_custom_kinds_namespaces_and_rights() -> None:
    names = {"plural": "widgets", "kind": "Widget"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    crd = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    rule = {"apiGroups": ["example.com"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}
    expression = (
        "object.size > 1 && namespaceObject.metadata.name == 'default' && oldObject == null"
        " && authorizer.group('').resource('pods').namespace('default').check('get').allowed()"
    )
    async with api_server() as client:
        await client.post(definitions, json={"metadata": {"name": "widgets.example.com"}, "spec": crd})
        await validating(client, "sized", expression, rules=[rule])
        widgets = "/apis/example.com/v1/namespaces/default/widgets"

        async def is_served() -> bool:
            return (await client.get(widgets)).status_code == 200

        await eventually(is_served)
        header = {"apiVersion": "example.com/v1", "kind": "Widget"}
        small, large = [
            await client.post(widgets, json=header | {"metadata": {"name": f"w{size}"}, "size": size})
            for size in (1, 2)
        ]
        objects = "Object{more: Object.more{list: [1, 2], size: object.size + 1}}"
        patch = "[JSONPatch{op: 'add', path: '/other', value: {'a': [object.more.size]}}]"
        await mutating(client, "more", applying(objects), patching(patch), rules=[rule])
        changed = (await client.post(widgets, json=header | {"metadata": {"name": "m"}, "size": 5})).json()
    assert (small.status_code, large.status_code) == (422, 201)
    assert small.json()["details"]["group"] == "example.com"
    assert (changed["more"], changed["other"], changed["size"]) == ({"list": [1, 2], "size": 6}, {"a": [6]}, 5)


async def test_a_policy_that_denies_everything_does_not_keep_the_server_from_starting(tmp_path: Path) -> None:
    store = f"sqlite://{tmp_path}/store.db"
    everything = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["*"],
        "resources": ["*/*"],
    }
    async with api_server(storage=store) as client:
        await validating(client, "closed", "false", rules=[everything])
        assert (await client.post(MAPS, json=a_map())).status_code == 422
    async with api_server(storage=store) as client:
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.post(MAPS, json=a_map())).status_code == 422
        assert (await client.delete(f"{GROUP}/validatingadmissionpolicies/closed")).status_code == 200
        await client.get(f"{GROUP}/validatingadmissionpolicies")
        assert (await client.post(MAPS, json=a_map())).status_code == 201
