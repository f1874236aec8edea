# SPDX-License-Identifier: MIT
"""The server: passing calls on, keeping connections, the record and the control endpoints."""

import http.client
import json
import urllib.request

from conftest import make_client


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
