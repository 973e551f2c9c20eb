#!/usr/bin/env python3
"""Does memory stay flat? Scores a million distinct samples over HTTP and prints the service's resident
memory as it goes.

    python3 benches/soak.py [--binary target/release/assay] [--samples 1000000]

Standard library only. Starts the service on a free loopback port and stops it at the end. Every text
differs, so the caches fill, and then must forget. One member scores every sample; one request in
sixteen goes to the whole ensemble. The caches are small (`--cache-entries`), so that those of all
members are full after the first tenth; with the service's own 65 536 entries, the last are only at the end.
"""

import argparse
import http.client
import json
import socket
import subprocess
import sys
import threading
import time

BATCH = 256
CLIENTS = 4


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def body(first, pipeline):
    samples = [
        {"prompt": f"What is {n} + {n % 97}?", "completion": f"It is {n + n % 97}."}
        for n in range(first, first + BATCH)
    ]
    return json.dumps({"pipeline": pipeline, "samples": samples})


class Load:
    """Batches handed out to clients, and what became of them."""

    def __init__(self, port, samples):
        self.port, self.batches = port, samples // BATCH
        self.lock = threading.Lock()
        self.next, self.scored = 0, 0

    def take(self):
        with self.lock:
            taken, self.next = self.next, self.next + 1
        return taken if taken < self.batches else None

    def client(self):
        one = {"output": "rm", "nodes": {"rm": {"kind": "reward_models", "models": ["tiny-rm-0"]}}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        while (batch := self.take()) is not None:
            pipeline = "helpful" if batch % 16 == 0 else one
            headers = {"content-type": "application/json"}
            connection.request("POST", "/v1/score", body(batch * BATCH, pipeline), headers)
            answer = json.load(connection.getresponse())
            rewards = answer["rewards"]
            assert len(rewards) == BATCH and None not in rewards, answer["results"][-1]
            with self.lock:
                self.scored += BATCH


def wait_until_ready(port):
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("the service did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/assay")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--cache-entries", type=int, default=6000)
    arguments = parser.parse_args()
    port = free_port()
    entries = str(arguments.cache_entries)
    command = [arguments.binary, "serve", "--listen", f"127.0.0.1:{port}", "--cache-entries", entries]
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(port)
        load = Load(port, arguments.samples)
        threads = [threading.Thread(target=load.client) for _ in range(CLIENTS)]
        begun = time.monotonic()
        print(f"{'samples':>10} {'resident MB':>12} {'samples/s':>10}")
        print(f"{0:>10} {resident_mb(service.pid):>12.1f}")
        for thread in threads:
            thread.start()
        step = max(arguments.samples // 20, 1)
        shown = 0
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.5)
            if load.scored >= shown + step or not any(t.is_alive() for t in threads):
                shown = load.scored
                rate = shown / (time.monotonic() - begun)
                print(f"{shown:>10} {resident_mb(service.pid):>12.1f} {rate:>10.0f}", flush=True)
        if load.scored < load.batches * BATCH:
            sys.exit("a client failed")
    finally:
        service.terminate()
        service.wait(60)


if __name__ == "__main__":
    main()
