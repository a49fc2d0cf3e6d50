"""TLS and HTTP/2 over a real socket: a server with a certificate of its own that speaks nothing but h2."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import h2.config
import h2.connection
import h2.events
import httpcore
import pytest

from sources.client import Client, NetworkSettings
from sources.errors import RetryLater
from sources.wire import PublicNetwork

x509 = pytest.importorskip("cryptography.x509")


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for open.example, trusted for the length of a test."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "open.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("open.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "both.pem"
    unlocked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(unlocked + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return pem


@contextlib.asynccontextmanager
async def h2_server(certificate):
    """Yields its port, the connections made to it and the (authority, path) of every request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])
    connections, asked = [], []

    async def serve(reader, writer):
        connections.append(writer)
        protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        protocol.initiate_connection()
        writer.write(protocol.data_to_send())
        while data := await reader.read(65536):
            for event in protocol.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = dict(event.headers)
                    asked.append((headers[b":authority"], headers[b":path"]))
                    protocol.send_headers(event.stream_id, [(":status", "200")])
                    protocol.send_data(event.stream_id, b"by h2", end_stream=True)
            writer.write(protocol.data_to_send())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1], connections, asked
    server.close()
    for writer in connections:
        writer.transport.abort()
    await asyncio.sleep(0.05)


class Diverted(httpcore.AsyncNetworkBackend):
    """Takes every connection to the test's server, as if that were the open internet."""

    def __init__(self, port):
        self.port = port
        self.network = httpcore.AnyIOBackend()

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        return await self.network.connect_tcp("127.0.0.1", self.port, timeout)


async def test_two_pages_come_over_one_http2_connection_and_a_wrong_name_over_none(certificate, clock):
    async def resolve(host, port):
        return ["93.184.216.34"]

    settings = NetworkSettings(obey_robots=False, retries=0)
    async with h2_server(certificate) as (port, connections, asked):
        network = PublicNetwork(Diverted(port), resolve)
        async with Client(settings, now=clock.now, sleep=clock.sleep, network=network) as polite:
            assert (await polite.get("https://open.example/x?y=1")).body == b"by h2"
            assert (await polite.get("https://open.example/z")).body == b"by h2"
            assert len(connections) == 1
            with pytest.raises(RetryLater, match="certificate"):
                await polite.get("https://other.example/x")
    assert asked == [(b"open.example", b"/x?y=1"), (b"open.example", b"/z")]
