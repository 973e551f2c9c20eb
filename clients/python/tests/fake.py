"""A service of scripted replies on loopback, to see what the client sends and how it takes failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What is answered. `body` of `None` closes the connection without an answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    port: int
    """The caller's: equal for requests over one connection."""


class Service:
    """Answers `script` in order, and its last entry for ever."""

    def __init__(self, url: str, script: list[Reply]) -> None:
        self.url = url
        self.seen: list[Seen] = []
        self._script = script
        self._lock = threading.Lock()

    def take(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        text = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, json.loads(text) if text else None, self.client_address[1])
        reply = self.service.take(seen)
        if reply.body is None:
            self.close_connection = True
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        del format, args


@contextmanager
def serve(*script: Reply) -> Iterator[Service]:
    """A running service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    service = Service(f"http://127.0.0.1:{server.server_address[1]}", list(script))
    server.RequestHandlerClass = type("Handler", (_Handler,), {"service": service})
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def scores(*rewards: float | None, **more: Any) -> dict[str, Any]:
    """The body of an answer to `score`."""
    return {
        "pipeline": "helpful",
        "version": "sha256:1",
        "rewards": list(rewards),
        "results": [
            {
                "reward": reward,
                "status": "missing_field" if reward is None else "ok",
                "tokens": 3,
                "truncated": False,
            }
            for reward in rewards
        ],
        "provenance": {"models": {}, "engine": "0.1.0"},
        "usage": {
            "samples": len(rewards),
            "tokens": 3 * len(rewards),
            "cached": 0,
            "queue_ms": 1.0,
            "work_ms": 2.0,
        },
        **more,
    }


def problem(status: int, code: str, **more: Any) -> Reply:
    """A refusal."""
    retryable = status in (503, 504)
    body = {"type": "about:blank", "title": "t", "status": status, "code": code, "retryable": retryable, **more}
    return Reply(body, status, {"content-type": "application/problem+json"})
