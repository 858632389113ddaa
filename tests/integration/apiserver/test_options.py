"""What a request may ask for besides its object, and what the real API server (1.36) says to what it may not."""

from __future__ import annotations

import httpx

from tests.support.api_server import api_server

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}
CONFIG_MAP = {"metadata": {"name": "c"}, "data": {"a": "b"}}
NO_DRY_RUN = 'is invalid: dryRun: Unsupported value: [""]: supported values: "All"'


async def refusals(client: httpx.AsyncClient, *requests: tuple[str, str]) -> dict[tuple[str, str], tuple[int, str]]:
    """What each request is answered: code and message."""
    found = {}
    for method, path in requests:
        body = None if method in ("GET", "DELETE") else {} if method == "PATCH" else CONFIG_MAP
        headers = MERGE if method == "PATCH" else {}
        answer = await client.request(method, path, json=body, headers=headers)
        found[method, path] = answer.status_code, answer.json().get("message", "")
    return found


async def test_a_dry_run_without_a_word_is_no_write() -> None:
    async with api_server() as client:
        await client.post(MAPS, json=CONFIG_MAP)
        expected = {
            ("POST", f"{MAPS}?dryRun="): (422, f'CreateOptions.meta.k8s.io "" {NO_DRY_RUN}'),
            ("PUT", f"{MAPS}/c?dryRun="): (422, f'UpdateOptions.meta.k8s.io "" {NO_DRY_RUN}'),
            ("PATCH", f"{MAPS}/c?dryRun="): (422, f'PatchOptions.meta.k8s.io "" {NO_DRY_RUN}'),
            ("DELETE", f"{MAPS}/c?dryRun="): (422, f'DeleteOptions.meta.k8s.io "" {NO_DRY_RUN}'),
            ("DELETE", f"{MAPS}?dryRun="): (422, f'DeleteOptions.meta.k8s.io "" {NO_DRY_RUN}'),
        }
        assert await refusals(client, *expected) == expected


async def test_options_of_a_list_that_do_not_go_together_are_all_named() -> None:
    no_list = 'ListOptions.meta.k8s.io "" is invalid: '
    match, given = (
        "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden",
        "unless resourceVersion is provided",
    )
    for_watch = "for watch unless sendInitialEvents is provided"
    unknown = "resourceVersionMatch: Unsupported value: "
    async with api_server() as client:
        for number in range(3):
            await client.post(MAPS, json={"metadata": {"name": f"c{number}"}})
        token = (await client.get(f"{MAPS}?limit=1")).json()["metadata"]["continue"]
        here = f"{MAPS}?limit=1&continue={token}"
        expected = {
            ("GET", f"{MAPS}?resourceVersionMatch=Foo"): (
                422,
                f'{no_list}[{match} {given}, {unknown}"Foo": supported values: "Exact", "NotOlderThan", ""]',
            ),
            ("GET", f"{here}&resourceVersionMatch=Exact"): (
                422,
                f"{no_list}[{match} {given}, {match} when continue is provided]",
            ),
            ("GET", f"{MAPS}?watch=1&resourceVersionMatch=Exact"): (
                422,
                f'{no_list}[{match} {for_watch}, {unknown}"Exact": supported values: "NotOlderThan"]',
            ),
            ("GET", f"{here}&resourceVersion=5"): (
                400,
                "specifying resource version is not allowed when using continue",
            ),
        }
        assert await refusals(client, *expected) == expected
        assert (await client.get(f"{here}&resourceVersion=0")).status_code == 200


async def test_the_old_watch_paths_are_there_to_look_only() -> None:
    old = "/api/v1/watch/namespaces/default/configmaps"
    async with api_server() as client:
        await client.post(MAPS, json=CONFIG_MAP)
        not_allowed = 405, "the server does not allow this method on the requested resource"
        requests = [(method, path) for method in ("POST", "PUT", "PATCH", "DELETE") for path in (old, f"{old}/c")]
        assert await refusals(client, *requests) == dict.fromkeys(requests, not_allowed)
        for path in (old, f"{old}/c", "/api/v1/watch/configmaps?fieldSelector=metadata.name=c"):
            lines = (await client.get(path, params={"timeoutSeconds": "1"})).text.splitlines()
            assert any('"type":"ADDED"' in line and '"name":"c"' in line for line in lines)


async def test_a_name_that_an_object_still_has_while_it_goes_is_said_to_be_free_soon() -> None:
    async with api_server() as client:
        await client.post(MAPS, json={"metadata": {"name": "c", "finalizers": ["example.com/x"]}})
        await client.delete(f"{MAPS}/c")
        for path in (MAPS, f"{MAPS}?dryRun=All"):
            answer = await client.post(path, json=CONFIG_MAP)
            assert answer.json()["message"] == 'object is being deleted: configmaps "c" already exists'


async def test_pods_outlive_the_job_or_replication_controller_that_is_deleted_without_a_word_about_them() -> None:
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}
    job = {"metadata": {"name": "j"}, "spec": {"template": template}}
    async with api_server() as client:
        for options, finalizers in (
            ("", ["orphan"]),
            ("propagationPolicy=Foreground", ["foregroundDeletion"]),
            ("propagationPolicy=Background", None),
            ("orphanDependents=false", None),
        ):
            await client.post(jobs, json=job)
            going = (await client.delete(f"{jobs}/j", params=options)).json()
            assert going.get("metadata", {}).get("finalizers") == finalizers
            await client.patch(f"{jobs}/j", json={"metadata": {"finalizers": None}}, headers=MERGE)


async def test_what_an_update_needs_and_what_a_removal_answers_differs_by_kind() -> None:
    budgets, ranges = (
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        "/api/v1/namespaces/default/limitranges",
    )
    classes = "/apis/storage.k8s.io/v1/storageclasses"
    budget = {"metadata": {"name": "b"}, "spec": {"maxUnavailable": 1}}
    async with api_server() as client:
        await client.post(budgets, json=budget)
        assert (await client.put(f"{budgets}/b", json=budget)).json()["message"] == (
            'poddisruptionbudgets.policy "b" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified '
            "for an update"
        )
        created = await client.put(f"{ranges}/r", json={"metadata": {"name": "r"}, "spec": {"limits": []}})
        assert created.status_code == 201
        await client.post(classes, json={"metadata": {"name": "s"}, "provisioner": "example.com/p"})
        assert (await client.delete(f"{classes}/s")).json()["kind"] == "StorageClass"
        assert (await client.get("/api/v1/componentstatuses")).headers["warning"] == (
            '299 - "v1 ComponentStatus is deprecated in v1.19+"'
        )


KNOWN = {
    "/api/v1/pods": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "/api/v1/nodes": ("spec.unschedulable",),
    "/api/v1/namespaces": ("status.phase",),
    "/api/v1/secrets": ("type",),
    "/api/v1/events": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    "/api/v1/replicationcontrollers": ("status.replicas",),
    "/apis/apps/v1/replicasets": (),
    "/apis/batch/v1/jobs": ("status.successful",),
    "/apis/certificates.k8s.io/v1/certificatesigningrequests": ("spec.signerName",),
    "/api/v1/services": ("spec.clusterIP", "spec.type"),
    "/api/v1/configmaps": (),
    "/apis/apps/v1/deployments": (),
    "/apis/coordination.k8s.io/v1/leases": (),
}  # fmt: skip
"""Kind -> the fields by which it can be selected, beside metadata.name and metadata.namespace."""


async def test_each_kind_is_selected_by_the_fields_that_it_is_selected_by_upstream() -> None:
    async with api_server() as client:
        for path, fields in KNOWN.items():
            for field in ("metadata.name", *fields):
                answer = await client.get(path, params={"fieldSelector": f"{field}=none-such"})
                assert (answer.status_code, path, field) == (200, path, field)
            for field in ("spec.none", "data", "metadata.uid"):
                answer = await client.get(path, params={"fieldSelector": f"{field}=x"})
                assert (answer.status_code, path, field) == (400, path, field)
