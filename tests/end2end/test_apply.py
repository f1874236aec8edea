# SPDX-License-Identifier: MIT
"""One apply of the sample answers, from the command line to rows of the database behind Forest's login."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared import request


def sql(world, query):
    """The rows of a query on the storefront database as lists of text, by psql, as RDS wants it: with TLS."""
    parts = urlsplit(world.env["POSTGRESQL_URL"])
    psql = shutil.which("psql") or max(Path("/usr/lib/postgresql").glob("*/bin/psql"), key=str)
    env = {"PATH": os.environ["PATH"], "PGSSLMODE": "require", "PGPASSWORD": unquote(parts.password)}
    done = subprocess.run(
        [psql, "-X", "-At", "-F", "\t", "-h", "127.0.0.1", "-p", str(world.database_port), "-U", parts.username,
         "-d", parts.path[1:], "-c", query],
        env=env, text=True, capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_ends_with_the_url_alone(applied):
    """apply ends with exit 0 and prints the URL and nothing else on stdout; progress goes to stderr."""
    assert applied.done.code == 0, str(applied.done)
    assert re.fullmatch(r"http://[a-z0-9]+\.execute-api\.localhost:\d+\n", applied.done.out), str(applied.done)
    assert "32 of 32 done" in applied.done.err
    assert "is ready. In Forest: Settings > Environments > Backend URL" in applied.done.err


def test_the_url_is_the_api_of_aws(applied, world):
    """The URL is the endpoint of the API that has our tags."""
    apis = world.client("apigatewayv2").get_apis()["Items"]
    ours = [api for api in apis if api["Tags"].get("forestadmin:setup") == "storefront-admin"]
    assert [api["ApiEndpoint"] for api in ours] == [applied.url]


def test_agent_is_running(applied):
    """GET URL/forest, through gateway, VPC link, load balancer and container, says that the agent is running."""
    status, headers, body = applied.get("/forest")
    assert status == 200
    assert json.loads(body)["message"] == "Agent is running"
    assert "apigw-requestid" in {name.lower() for name in headers}


def test_answers_from_the_container(applied, world):
    """What answers is the container of the service: with its listener gone from the way there is no answer."""
    elb = world.client("elbv2")
    arn = elb.describe_load_balancers(Names=[applied.name])["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]
    forward = listener["DefaultActions"]
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418", "MessageBody": "closed"}}]
    elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=refuse)
    try:
        assert applied.get("/forest")[0] == 418
    finally:
        elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=forward)
    # its targets register again, as they do for a listener that comes back
    world.until("the container answers again", lambda: applied.get("/forest")[0] == 200, 60)


def test_data_is_behind_the_login(applied):
    """Data without a session, or with one signed by another secret, is 401."""
    assert applied.get("/forest/stores?timezone=Europe/Paris")[0] == 401
    head, _, signature = applied.session()["Authorization"].rpartition(".")
    wrong = {"Authorization": f"{head}.{signature[::-1]}"}
    assert applied.get("/forest/stores?timezone=Europe/Paris", wrong)[0] == 401


def test_rows_of_the_real_database(applied, world):
    """A session signed with the auth secret of Secrets Manager gets the rows that PostgreSQL has."""
    query = "/forest/stores?timezone=Europe/Paris&fields[stores]=id,name,city&page[size]=50&page[number]=1&sort=id"
    status, _, body = applied.get(query, applied.session())
    assert status == 200, body
    shown = [[row["id"], row["attributes"]["name"], row["attributes"]["city"]] for row in json.loads(body)["data"]]
    assert shown == sql(world, "SELECT id, name, city FROM stores ORDER BY id")
    assert len(shown) >= 3


def test_a_change_of_a_row_is_seen(applied, world):
    """The rows are read from the database at that moment: a changed one shows its new value."""
    row = "/forest/stores/1?timezone=Europe/Paris&fields[stores]=id,phone"
    sql(world, "UPDATE stores SET phone = '+33 1 00 00 00 42' WHERE id = 1")
    assert json.loads(applied.get(row, applied.session())[2])["data"]["attributes"]["phone"] == "+33 1 00 00 00 42"


def test_count_of_the_real_database(applied, world):
    """So does the count of a table."""
    body = applied.get("/forest/customers/count?timezone=Europe/Paris", applied.session())[2]
    assert json.loads(body)["count"] == int(sql(world, "SELECT count(*) FROM customers")[0][0])


def test_browser_may_call_it(applied):
    """The preflight of Forest's pages passes with credentials; the headers are the agent's own, not the gateway's."""
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    forest = {"Origin": "https://app.forestadmin.com"} | ask
    status, headers, _ = applied.get("/forest/stores", forest, "OPTIONS")
    allowed = {name.lower(): value for name, value in headers.items()}
    assert status == 204
    assert allowed["access-control-allow-origin"] == "https://app.forestadmin.com"
    assert allowed["access-control-allow-credentials"] == "true"
    assert allowed["access-control-max-age"] == "86400"


def test_forest_has_the_schema(applied, world):
    """Forest has received the tables of the database as collections, by the environment of our secret."""
    production = next(e for e in world.forest()["environments"] if e["id"] == 101)
    tables = sql(world, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
    assert sorted(production["collections"]) == sorted(name for (name,) in tables)


def test_every_path_leads_to_the_container(applied):
    """The $default route takes every path and method, and no stage name stands before the path."""
    for method, path in (("GET", "/"), ("GET", "/forest/"), ("POST", "/forest/authentication")):
        status, headers, _ = request(applied.url, path, method=method)
        assert status in (200, 400), (method, path, status)
        assert "x-powered-by" not in {name.lower() for name in headers}
