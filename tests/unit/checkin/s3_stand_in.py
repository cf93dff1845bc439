"""A bucket for tests: each request's signature (AWS SigV4) is held to its secret."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

KEY_ID, SECRET, REGION = "test-key", "test-secret", "ap-southeast-3"


class _Server(ThreadingHTTPServer):
    bucket: Bucket


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.admitted(body):
            path = unquote(urlsplit(self.path).path)
            self.server.bucket.objects[path], self.server.bucket.put_at[path] = body, datetime.now(UTC)
            self.reply(200, b"", {"ETag": _etag(body)})

    def do_GET(self) -> None:
        if not self.admitted(b""):
            return
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self.list(query.get("prefix", [""])[0])
            return
        path = unquote(urlsplit(self.path).path)
        found = self.server.bucket.objects.get(path)
        if found is None:
            self.reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            modified = format_datetime(self.server.bucket.put_at[path], usegmt=True)
            self.reply(200, found, {"ETag": _etag(found), "Last-Modified": modified})

    def do_POST(self) -> None:
        """Deletes what the body names (DeleteObjects)."""
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if not self.admitted(body):
            return
        name = urlsplit(self.path).path.strip("/")
        keys = re.findall(r"<Key>([^<]*)</Key>", body.decode())
        for key in keys:
            self.server.bucket.objects.pop(f"/{name}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self.reply(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def list(self, prefix: str) -> None:
        """What the bucket has below a prefix (ListObjectsV2)."""
        bucket, name = self.server.bucket, urlsplit(self.path).path.strip("/")
        entries = "".join(
            f"<Contents><Key>{path.removeprefix(f'/{name}/')}</Key><Size>{len(body)}</Size>"
            f"<LastModified>{bucket.put_at[path]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>{_etag(body)}</ETag></Contents>"
            for path, body in bucket.objects.items()
            if path.startswith(f"/{name}/{prefix}")
        )
        head = f"<Name>{name}</Name><IsTruncated>false</IsTruncated>"
        self.reply(200, f"<ListBucketResult>{head}{entries}</ListBucketResult>".encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def admitted(self, body: bytes) -> bool:
        """Whether the request is signed with the secret, over its very bytes; else it is answered here."""
        bucket = self.server.bucket
        trouble = wrong(self.command, self.path, dict(self.headers.items()), body)
        if trouble is not None:
            bucket.refused.append(trouble)
            self.reply(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif bucket.broken:
            self.reply(500, b"<Error><Code>InternalError</Code></Error>")
        else:
            bucket.asked.append((self.command, unquote(urlsplit(self.path).path)))
        return trouble is None and not bucket.broken

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


class Bucket:
    """Serves on a free port of 127.0.0.1 while its `with` lasts. `objects` is what it has, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.put_at: dict[str, datetime] = {}
        self.asked: list[tuple[str, str]] = []
        """Method and path of every request that was signed well."""
        self.refused: list[str] = []
        self.broken = False
        """Every answer is 500."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.bucket = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """What a service is told so that it uses this bucket."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_address[1]}",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
        }


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _query(text: str) -> str:
    """A query as it is signed: each name has a value, if an empty one."""
    return "&".join(part if "=" in part else f"{part}=" for part in sorted(text.split("&")) if part)


def wrong(method: str, target: str, given: dict[str, str], body: bytes) -> str | None:
    """What is wrong with a signature, or None."""
    headers = {name.lower(): " ".join(value.split()) for name, value in given.items()}
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    parts = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    key_id, _, scope = parts.get("Credential", "").partition("/")
    if scheme != "AWS4-HMAC-SHA256" or key_id != KEY_ID:
        return f"not signed by {KEY_ID}: {scheme} {key_id}"
    day, region, service, _ = scope.split("/")
    if (region, service) != (REGION, "s3"):
        return f"signed for {scope}"
    digest = headers.get("x-amz-content-sha256", "")
    if digest != hashlib.sha256(body).hexdigest():
        return f"signed over other bytes: {digest}"
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names):
        return f"too few headers are signed: {names}"
    path = urlsplit(target)
    canonical = "\n".join(
        [method, quote(unquote(path.path), safe="/-_.~"), _query(path.query)]
        + [f"{name}:{headers[name]}" for name in names]
        + ["", ";".join(names), digest]
    )
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, "aws4_request", to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return None if hmac.compare_digest(key.hex(), parts["Signature"]) else "the signature is another"
