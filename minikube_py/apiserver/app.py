"""The HTTP application: FastAPI for the fixed paths, the catch-all for the resource API.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/{healthz,routes}
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Awaitable, Callable

import orjson
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from minikube_py.access.service_account_tokens import TokenIssuer
from minikube_py.apiserver.compression import LEVEL, SMALLEST_BYTES
from minikube_py.apiserver.metrics import announce_version
from minikube_py.apiserver.server import ResourceApp
from minikube_py.discovery.published import OpenApi, OpenApiDocument

KUBERNETES_VERSION = "v1.36.2"
"""The version whose API is served, which clients compare with their own."""


def build_app(
    resources: ResourceApp,
    openapi: OpenApi,
    is_ready: Callable[[], Awaitable[bool]],
    issuer: TokenIssuer | None,
    url: str,
) -> ASGIApp:
    """`is_ready`: whether the caches have been filled and the store answers; `url`: where pods find this server."""
    app = FastAPI(title="minikube_py", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_BYTES, compresslevel=LEVEL)
    _add_health(app, is_ready)
    _add_openapi(app, openapi)
    if issuer is not None:
        _add_issuer(app, issuer, url)
    announce_version(*(_version()[name] for name in ("major", "minor", "gitVersion")))

    @app.get("/")
    def root() -> Response:
        paths = sorted({*resources.paths, *(route.path for route in app.routes if isinstance(route, Route))})
        served = [path for path in paths if path != "/" and "{" not in path]
        return Response(orjson.dumps({"paths": served}), media_type="application/json")

    @app.get("/version")
    def version() -> Response:
        return Response(orjson.dumps(_version()), media_type="application/json")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.exception_handler(404)
    async def not_found(_request: Request, _error: Exception) -> Response:
        return _nothing_here()

    return _Dispatch(app, resources)


def _add_health(app: FastAPI, is_ready: Callable[[], Awaitable[bool]]) -> None:
    async def is_alive() -> bool:
        return True

    checks = {"ping": is_alive, "storage": is_ready}
    for endpoint, names in (("healthz", tuple(checks)), ("livez", ("ping",)), ("readyz", tuple(checks))):
        report = functools.partial(_health, endpoint, {name: checks[name] for name in names})
        app.add_route(f"/{endpoint}", report)
        for name in names:
            app.add_route(f"/{endpoint}/{name}", functools.partial(_health, endpoint, {name: checks[name]}))


async def _health(endpoint: str, checks: dict[str, Callable[[], Awaitable[bool]]], request: Request) -> Response:
    """`ok`; with `?verbose`, or when something is wrong, a line a check."""
    passed = {name: await check() for name, check in checks.items()}
    is_well = all(passed.values())
    if is_well and "verbose" not in request.query_params:
        return Response("ok", media_type="text/plain")
    lines = [f"[+]{name} ok" if ok else f"[-]{name} failed: the store does not answer" for name, ok in passed.items()]
    lines.append(f"{endpoint} check {'passed' if is_well else 'failed'}")
    return Response("".join(f"{line}\n" for line in lines), 200 if is_well else 500, media_type="text/plain")


def _add_openapi(app: FastAPI, openapi: OpenApi) -> None:
    @app.get("/openapi/v3")
    def index() -> Response:
        return Response(orjson.dumps(openapi.index()), media_type="application/json")

    @app.get("/openapi/v2")
    def version_2(request: Request) -> Response:
        found, media_type = openapi.version_2(request.headers.get("accept", ""))
        return _published(found, media_type, request)

    @app.get("/openapi/v3/{path:path}")
    def document(path: str, request: Request) -> Response:
        found = openapi.document(path)
        if found is None:
            return _nothing_here()
        return _published(found, "application/json", request)


def _add_issuer(app: FastAPI, issuer: TokenIssuer, url: str) -> None:
    """By which those outside check the tokens of service accounts."""
    headers = {"Cache-Control": "public, max-age=3600"}
    configuration, keys = orjson.dumps(issuer.configuration(url)), orjson.dumps(issuer.key_set())

    @app.get("/.well-known/openid-configuration")
    def well_known() -> Response:
        return Response(configuration, media_type="application/json", headers=headers)

    @app.get("/openid/v1/jwks")
    def jwks() -> Response:
        return Response(keys, media_type="application/jwk-set+json", headers=headers)


def _published(document: OpenApiDocument, media_type: str, request: Request) -> Response:
    headers = {"ETag": document.etag}
    if request.headers.get("if-none-match") == document.etag:
        return Response(status_code=304, headers=headers)
    return Response(document.body, media_type=media_type, headers=headers)


def _nothing_here() -> Response:
    return Response("404 page not found\n", 404, media_type="text/plain")


class _Dispatch:
    """Sends /api and /apis to the catch-all without FastAPI's cost, and all else to FastAPI."""

    def __init__(self, fixed: FastAPI, resources: ResourceApp) -> None:
        self._fixed = fixed
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_resource = scope["type"] != "lifespan" and scope["path"].split("/", 2)[1] in ("api", "apis")
        await (self._resources if is_resource else self._fixed)(scope, receive, send)


def _version() -> dict[str, str]:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": f"{KUBERNETES_VERSION}+minikube-py",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}",
        "compiler": platform.python_implementation().lower(),
        "platform": f"linux/{'amd64' if platform.machine() == 'x86_64' else platform.machine()}",
    }
