"""A real service, when `ASSAY_BIN` names the program."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_of_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and keys of whoever runs the tests are not the tests'."""
    for name in ("ASSAY_URL", "ASSAY_API_KEY", "ASSAY_PIPELINE", "ASSAY_ON_MISS", "ASSAY_COMPONENTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The address of a running `assay serve` with the shipped models."""
    binary = os.environ.get("ASSAY_BIN")
    if not binary:
        pytest.skip("ASSAY_BIN does not name the program")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{unused.getsockname()[1]}"
    process = subprocess.Popen([binary, "serve", "--listen", listen, "--log", "warn"])
    try:
        _wait_until_ready(process, f"http://{listen}")
        yield f"http://{listen}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the service ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready within a minute")
