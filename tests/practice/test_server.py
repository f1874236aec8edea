# SPDX-License-Identifier: MIT
"""The server: passing calls on, keeping connections, the record and the control endpoints."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import free_ports, make_client


def get(cloud, name):
    with urllib.request.urlopen(f"{cloud.url}/_practice/{name}") as answer:
        return json.load(answer)


def test_answers_who_the_caller_is(cloud, client):
    assert client("sts").get_caller_identity()["Account"] == cloud.account


def test_connection_stays_open(cloud):
    """Two requests on one connection get two answers on the same socket."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.config.port)
    connection.request("GET", "/_practice/health")
    assert connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/_practice/health")
    assert json.load(connection.getresponse())["status"] == "ok"
    assert first is not None and connection.sock is first
    connection.close()


def test_every_call_is_recorded_without_secrets(cloud, client, unique):
    client("secretsmanager").create_secret(Name=unique, SecretString="canary-7731")
    entry = cloud.recorder.entries()[-1]
    assert (entry["service"], entry["operation"], entry["status"]) == ("secretsmanager", "CreateSecret", 200)
    assert entry["params"]["Name"] == unique and entry["region"] == cloud.region
    assert entry["account"] == cloud.account
    text = (cloud.config.state_dir / "traffic.jsonl").read_text()
    assert unique in text and "canary-7731" not in text
    assert "canary-7731" not in json.dumps(entry)


def test_latency_is_added_to_each_call(cloud, client):
    cloud.change({"latency_ms": 120})
    try:
        client("sts").get_caller_identity()
    finally:
        cloud.change({"latency_ms": 0})
    assert cloud.recorder.entries()[-1]["ms"] >= 120


def test_counts_by_operation(cloud, client):
    before = get(cloud, "counts").get("sts.GetCallerIdentity", 0)
    make_client(cloud, "sts").get_caller_identity()
    assert get(cloud, "counts")["sts.GetCallerIdentity"] == before + 1


def raw(cloud, data, answers, wait=5):
    """Sends bytes as they are; what came back once so many status lines are there, or at the end."""
    with socket.create_connection(("127.0.0.1", cloud.config.port), timeout=wait) as connection:
        connection.sendall(data)
        got = b""
        while got.count(b"HTTP/1.1 ") < answers or not got.endswith(b"\n"):
            piece = connection.recv(65536)
            if not piece:
                break
            got += piece
        return got


def test_two_requests_in_one_write(cloud):
    """The second request of a connection is not swallowed when it comes with the first."""
    one = b"GET /_practice/counts HTTP/1.1\r\nHost: x\r\n\r\n"
    assert raw(cloud, one * 2, 2).count(b"HTTP/1.1 200 OK") == 2


def test_expect_continue_is_answered_at_once(cloud):
    """A client that waits for 100 Continue (curl with a large body) gets it before it sends the body."""
    head = b"POST /_practice/config HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert raw(cloud, head, 1) == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_chunked_body(cloud):
    body = b"POST /_practice/config HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert b"HTTP/1.1 200 OK" in raw(cloud, body + b"GET /_practice/health HTTP/1.1\r\nHost: x\r\n\r\n", 2)


def test_connection_close_is_respected(cloud):
    answer = raw(cloud, b"GET /_practice/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 2)
    assert answer.count(b"HTTP/1.1 ") == 1 and b"Connection: close" in answer


def test_config_is_checked(cloud):
    """Only scale and latency change while it runs, within their ranges."""
    for body in (b'{"port": 1}', b'{"time_scale": -1}', b'{"latency_ms": -1}', b"x"):
        request = urllib.request.Request(f"{cloud.url}/_practice/config", body, method="POST")
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request)
        assert error.value.code == 400
    assert get(cloud, "config")["time_scale"] == cloud.clock.scale


def test_reset_traffic(cloud, client):
    client("sts").get_caller_identity()
    assert not cloud.recorder.emulator_errors()  # they would be lost to the end of the session
    urllib.request.urlopen(urllib.request.Request(f"{cloud.url}/_practice/reset-traffic", b"", method="POST"))
    assert get(cloud, "traffic") == [] and (cloud.config.state_dir / "traffic.jsonl").read_text() == ""


def test_start_prints_exports_and_stops_on_sigterm(tmp_path):
    """The command of the README: exports on stdout, an env file, and a clean end on SIGTERM."""
    command = Path(__file__).resolve().parents[2] / "assets" / "practice" / "cloud"
    port = free_ports()
    arguments = [
        str(command),
        "--port",
        str(port),
        "--time-scale",
        "0",
        "--seed",
        "empty",
        "--state",
        str(tmp_path),
    ]
    environment = {**os.environ, "PRACTICE_VENV": sys.prefix}
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if "ready" in line:
                break
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in lines
        assert (
            f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in (tmp_path / "env").read_text().splitlines()
        )
        assert int((tmp_path / "cloud.pid").read_text()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not (tmp_path / "cloud.pid").exists()
    finally:
        process.kill()
        process.wait()


def test_second_cloud_on_the_same_port(cloud):
    """It says that the port is taken and leaves the pid file and the record of the first alone."""
    command = Path(__file__).resolve().parents[2] / "assets" / "practice" / "cloud"
    state = cloud.config.state_dir
    before = (state / "cloud.pid").read_text(), (state / "traffic.jsonl").stat().st_size
    arguments = [str(command), "--port", str(cloud.config.port), "--seed", "empty", "--state", str(state)]
    environment = {**os.environ, "PRACTICE_VENV": sys.prefix}
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 1 and f"port {cloud.config.port} is taken" in done.stderr
    assert ((state / "cloud.pid").read_text(), (state / "traffic.jsonl").stat().st_size) == before
