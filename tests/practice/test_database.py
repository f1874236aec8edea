# SPDX-License-Identifier: MIT
"""PostgreSQL behind RDS: its manners are RDS's, its content is the sample, nothing of it outlives the cloud."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types

import pytest
from conftest import free_ports

from practice.data import database_template
from practice.data.database import ABANDONED_SECONDS, PREFIX, Database, remove_left_behind
from practice.seed import sample

needs_sample = pytest.mark.skipif(
    os.environ.get("PRACTICE_TEST_PARTS") is not None,
    reason="this run has no sample world (PRACTICE_TEST_PARTS)",
)


def psql(port, query, mode="require", user=sample.DATABASE_USER, password=sample.DATABASE_PASSWORD):
    """(rows, error) of a query over TCP."""
    environment = os.environ | {"PGSSLMODE": mode, "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10"}
    place = ["-h", "127.0.0.1", "-p", str(port), "-U", user, "-d", sample.DATABASE_NAME]
    done = subprocess.run(
        ["psql", "-XAt", *place, "-c", query], env=environment, capture_output=True, text=True
    )
    return done.stdout.split("\n")[:-1], done.stderr


@pytest.fixture(scope="module")
def database(cloud, tmp_path_factory):
    """A server of its own, from the same template."""
    config = types.SimpleNamespace(
        port=free_ports(),
        seed="sample",
        cache_dir=cloud.config.cache_dir,
        state_dir=tmp_path_factory.mktemp("db"),
    )
    made = Database(types.SimpleNamespace(config=config))
    made.start()
    made.wait()
    yield made
    made.stop()


def test_port_is_three_above_the_clouds(database):
    assert database.port == database.cloud.config.port + 3
    assert psql(database.port, "SELECT current_user")[0] == ["storefront"]


def test_without_tls_it_refuses_in_rds_words(database):
    """rds.force_ssl=1 (forest.md 4: "no pg_hba.conf entry ... no encryption")."""
    _, error = psql(database.port, "SELECT 1", mode="disable")
    assert "no pg_hba.conf entry for host" in error and "no encryption" in error


def test_certificate_is_signed_by_nobody(database):
    assert "certificate" in psql(database.port, "SELECT 1", mode="verify-full")[1]


def test_wrong_password(database):
    assert "password authentication failed" in psql(database.port, "SELECT 1", password="wrong")[1]


def test_no_one_but_the_application_gets_in(database):
    assert "no pg_hba.conf entry" in psql(database.port, "SELECT 1", user="postgres")[1]


def test_sample_is_a_shop(database):
    query = "SELECT count(*) FROM information_schema.tables WHERE table_schema='public' AND table_type='BASE TABLE'"
    assert psql(database.port, query)[0] == ["15"]
    query = "SELECT count(*) FROM information_schema.table_constraints WHERE constraint_type = 'FOREIGN KEY'"
    assert int(psql(database.port, query)[0][0]) >= 15
    assert psql(database.port, "SELECT count(*) FROM orders JOIN customers ON customers.id = customer_id")[
        0
    ] == ["300"]
    query = "SELECT relname FROM pg_stat_user_tables WHERE n_live_tup = 0"
    assert psql(database.port, query)[0] == [], "no table is empty"


def test_sample_is_the_same_everywhere(database):
    """Fails when a value stops being computed from its row's number."""
    query = (
        "SELECT md5(string_agg(t.x, '|' ORDER BY t.x)) FROM (SELECT id || method::text || amount_cents || paid_at"
        " AT TIME ZONE 'UTC' AS x FROM payments) t"
    )
    assert psql(database.port, query)[0] == ["3344949fb40372f87e87b553ddb33944"]


def test_each_start_is_fresh_and_nothing_stays(cloud, tmp_path):
    config = types.SimpleNamespace(
        port=free_ports(), seed="sample", cache_dir=cloud.config.cache_dir, state_dir=tmp_path
    )
    for _ in range(2):
        made = Database(types.SimpleNamespace(config=config))
        made.start()
        made.wait()
        assert psql(made.port, "DELETE FROM inventory") == (["DELETE 240"], "")
        made.stop()
        assert [path.name for path in tmp_path.iterdir()] == ["postgres.log"]
    assert "Connection refused" in psql(made.port, "SELECT 1")[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes PostgreSQL run as somebody else")
def test_a_template_that_was_copied_is_made_again(cloud, database, tmp_path):
    """As in a checkout that root has copied: PostgreSQL's user could not read what belongs to root."""
    owner = database_template.Owner.current()
    made = database_template.template(database_template.bin_folder(), cloud.config.cache_dir, owner)
    shutil.copytree(made, tmp_path / "cache" / made.name)
    config = types.SimpleNamespace(
        port=free_ports(), seed="sample", cache_dir=tmp_path / "cache", state_dir=tmp_path / "state"
    )
    config.state_dir.mkdir()
    second = Database(types.SimpleNamespace(config=config))
    second.start()
    try:
        second.wait()
        assert psql(second.port, "SELECT 1")[0] == ["1"]
    finally:
        second.stop()


def test_it_dies_with_the_cloud(cloud, tmp_path):
    """Also when that is killed: no server stays on the port."""
    port = free_ports()
    program = f"""
        import pathlib, sys, time, types
        sys.path[:0] = {sys.path!r}
        from practice.data.database import Database
        cache, state = map(pathlib.Path, {(str(cloud.config.cache_dir), str(tmp_path))!r})
        config = types.SimpleNamespace(port={port}, seed="sample", cache_dir=cache, state_dir=state)
        database = Database(types.SimpleNamespace(config=config))
        database.start()
        database.wait()
        print("ready", flush=True)
        time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    assert psql(port + 3, "SELECT 1")[0] == ["1"]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 10
    while "Connection refused" not in psql(port + 3, "SELECT 1")[1]:
        assert time.monotonic() < deadline, "PostgreSQL is still there"
    remove_left_behind(tmp_path / "postgres")


def test_folders_of_killed_runs_are_removed(tmp_path, monkeypatch):
    """Old ones without a server only: others belong to clouds that run."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("old", "fresh", "alive"):
        (tmp_path / (PREFIX + name) / "data").mkdir(parents=True)
    (tmp_path / (PREFIX + "alive") / "data" / "postmaster.pid").touch()
    long_ago = time.time() - ABANDONED_SECONDS - 1
    for name in ("old", "alive"):
        os.utime(tmp_path / (PREFIX + name), (long_ago, long_ago))
    remove_left_behind(tmp_path / "state" / "postgres")
    assert sorted(path.name for path in tmp_path.iterdir()) == [PREFIX + "alive", PREFIX + "fresh"]


def test_missing_postgresql_is_told(monkeypatch):
    monkeypatch.setattr(database_template.Path, "glob", lambda *_: iter(()))
    monkeypatch.setattr(database_template.shutil, "which", lambda _: None)
    with pytest.raises(database_template.Missing, match="apt-get install postgresql"):
        database_template.bin_folder()


def test_empty_cloud_has_no_database(tmp_path):
    config = types.SimpleNamespace(port=1, seed="empty", cache_dir=tmp_path, state_dir=tmp_path)
    made = Database(types.SimpleNamespace(config=config))
    made.start()
    with pytest.raises(database_template.Missing, match="--seed empty"):
        made.wait()
    made.stop()
    assert list(tmp_path.iterdir()) == []


def test_busy_port_is_told(cloud, tmp_path, database):
    config = types.SimpleNamespace(
        port=database.cloud.config.port, seed="sample", cache_dir=cloud.config.cache_dir, state_dir=tmp_path
    )
    second = Database(types.SimpleNamespace(config=config))
    second.start()
    with pytest.raises(database_template.Missing, match="could not bind|could not create"):
        second.wait()
    second.stop()


# ---- as RDS shows it


@needs_sample
def test_rds_names_lead_to_it(cloud, client):
    instances = client("rds").describe_db_instances()["DBInstances"]
    shown = {row["DBInstanceIdentifier"]: row for row in instances}
    row = shown["storefront"]
    assert row["Endpoint"] == {"Address": sample.DATABASE_HOST, "Port": 5432}
    groups = [group["VpcSecurityGroupId"] for group in row["VpcSecurityGroups"]]
    expected = ("127.0.0.1", cloud.config.port + 3, row["DBSubnetGroup"]["VpcId"], groups)
    assert cloud.database.resolve(sample.DATABASE_HOST, 5432) == expected
    assert cloud.database.resolve(sample.DATABASE_HOST.upper() + ".", 5432) == expected
    assert cloud.database.resolve(sample.DATABASE_ALIAS, 5432) == expected


@needs_sample
@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("nowhere.example", 5432),
        (sample.DATABASE_HOST, 5433),
        ("legacy-cms.c9akcwq.eu-west-3.rds.amazonaws.com", 3306),
    ],
)
def test_other_names_lead_nowhere(cloud, host, port):
    assert cloud.database.resolve(host, port) is None


@needs_sample
def test_only_the_applications_group_is_let_in(cloud, client, unique):
    """The opt-in ingress rule is what a new task needs."""
    prod = cloud.sample["prod"]
    _, _, vpc, groups = cloud.database.resolve(sample.DATABASE_HOST, 5432)
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description=unique, VpcId=vpc)["GroupId"]
    destination = ("ip", sample.DATABASE_HOST, 5432, groups)

    def route(source):
        return cloud.network.route(
            cloud.account, cloud.region, prod.subnets["prod-private-c"], [source], destination
        )

    assert route(prod.groups["storefront-app"]) == "ok"
    assert route(group) == "timeout"
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[permission])
    assert route(group) == "ok"
    ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=[permission])
    assert route(group) == "timeout"


def test_stopped_while_it_starts(cloud, tmp_path, monkeypatch):
    """Stopped in the middle of its start, when another part has failed: the server that comes up then ends too."""
    config = types.SimpleNamespace(
        port=free_ports(), seed="sample", cache_dir=cloud.config.cache_dir, state_dir=tmp_path
    )
    made = Database(types.SimpleNamespace(config=config))
    spawning, children = threading.Event(), []

    def spawn(*_):
        spawning.set()
        made._stopping.wait(0.5)  # as long as it is not told
        children.append(subprocess.Popen(["sleep", "600"]))
        return children[0]

    monkeypatch.setattr(made, "_spawn", spawn)
    made.start()
    assert spawning.wait(30)
    stopper = threading.Thread(target=made.stop, daemon=True)
    stopper.start()
    stopper.join(20)
    ended = not stopper.is_alive()
    children[0].kill()
    assert ended and children[0].wait(5) is not None


def test_an_instance_without_a_subnet_group_keeps_nobody_from_the_others(cloud, client, unique):
    """moto has no group for it at all; every name that a task asks for goes through the list of instances."""
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier=unique, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="master", MasterUserPassword="practice-only",
    )  # fmt: skip
    try:
        assert cloud.database.resolve(sample.DATABASE_HOST, 5432)
    finally:
        rds.delete_db_instance(DBInstanceIdentifier=unique, SkipFinalSnapshot=True)
