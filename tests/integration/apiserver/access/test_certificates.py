"""Client certificates: whom they name, and which ones end in the handshake."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.pki import HOUR, Authority, Pair, Wanted
from tests.support.secure_api_server import ADMIN_TOKEN, SecureServer, who

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_certificate_names_a_user_and_its_groups(server: SecureServer) -> None:
    async with server.named("carol", "devs", "ops") as carol:
        found = await who(carol)
    assert (found["username"], found["groups"]) == ("carol", ["devs", "ops", "system:authenticated"])
    assert found["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("X509SHA256=")


async def test_without_an_o_there_are_no_groups_but_that_of_everybody_with_a_name(server: SecureServer) -> None:
    async with server.named("dave") as dave:
        assert (await who(dave))["groups"] == ["system:authenticated"]


async def test_a_nodes_name_without_a_nodes_group_is_no_node(server: SecureServer) -> None:
    async with server.named("system:node:n1") as stranger:
        answer = await stranger.get("/api/v1/nodes/n1")
    assert answer.status_code == 403
    assert server.audited(403)["user"]["username"] == "system:node:n1"


async def test_the_certificate_counts_more_than_a_token(server: SecureServer) -> None:
    async with server.client(pair=server.authority.issue(Wanted("carol")), token=ADMIN_TOKEN) as both:
        assert (await who(both))["username"] == "carol"


@dataclass(frozen=True)
class Refused:
    """A certificate with which the handshake fails."""

    wanted: Wanted
    is_strangers: bool = False


_REFUSED = {
    "another authority": Refused(Wanted("carol"), is_strangers=True),
    "another authority claims masters": Refused(Wanted("root", ("system:masters",)), is_strangers=True),
    "expired": Refused(Wanted("carol", valid_from=-2 * HOUR, valid_to=-HOUR)),
    "not yet valid": Refused(Wanted("carol", valid_from=HOUR, valid_to=2 * HOUR)),
    "a server's certificate": Refused(Wanted("carol", usage=ExtendedKeyUsageOID.SERVER_AUTH)),
}


@pytest.mark.parametrize("case", _REFUSED.values(), ids=_REFUSED)
async def test_a_bad_certificate_ends_in_the_handshake(server: SecureServer, tmp_path: Path, case: Refused) -> None:
    authority = Authority(tmp_path, "stranger") if case.is_strangers else server.authority
    async with server.client(pair=authority.issue(case.wanted)) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/version")


async def test_a_second_certificate_in_the_chain_is_nobody(server: SecureServer, tmp_path: Path) -> None:
    first, second = (server.authority.issue(Wanted(name)) for name in ("carol", "admin"))
    chain = tmp_path / "chain.crt"
    chain.write_bytes(first.certificate.read_bytes() + second.certificate.read_bytes())
    async with server.client(pair=Pair(chain, first.key)) as client:
        assert (await who(client))["username"] == "carol"


async def test_the_server_is_known_by_its_address_only(server: SecureServer) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    async with httpx.AsyncClient(verify=server.authority.context(), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await client.get(f"{other}/version")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_tls_below_1_2_is_not_spoken(server: SecureServer) -> None:
    context = server.authority.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    address = urlsplit(server.url)
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain, server_hostname=address.hostname)
