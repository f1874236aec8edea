# SPDX-License-Identifier: MIT
"""Claim: FIPS and dual-stack endpoints, by a variable or by the profile, are the hosts that the program really goes to,
through the proxy that it is told to use; and NO_PROXY keeps it away from one.
"""

import http.server
import subprocess
import threading

import pytest
from conftest import find_binary


class Proxy(http.server.BaseHTTPRequestHandler):
    """Writes down where it is asked to go, and goes nowhere."""

    def log_message(self, *_):
        pass

    def do_CONNECT(self):  # noqa: N802
        self.server.asked.append(self.path)
        self.send_error(503)


@pytest.fixture
def proxy():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    made.asked = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize(
    ("lines", "env", "host"),
    [
        ("use_fips_endpoint = true", {}, "sts-fips.us-east-2.amazonaws.com"),
        ("use_dualstack_endpoint = true", {}, "sts.us-east-2.api.aws"),
        ("use_fips_endpoint = true\nuse_dualstack_endpoint = true", {}, "sts-fips.us-east-2.api.aws"),
        ("use_fips_endpoint = true", {"AWS_USE_FIPS_ENDPOINT": "false"}, "sts.us-east-2.amazonaws.com"),
        ("use_fips_endpoint = true", {"NO_PROXY": "sts-fips.us-east-2.amazonaws.com"}, None),
    ],
)
def test_host(proxy, tmp_path, lines, env, host):
    if not find_binary():
        pytest.skip("forest-setup is not built")
    aws = tmp_path / ".aws"
    aws.mkdir()
    keys = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret-of-nobody"
    (aws / "config").write_text(f"[profile p]\nregion = us-east-2\n{keys}\n{lines}\n")
    base = {
        "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_port}",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    done = subprocess.run([find_binary(), "profiles"], env=base | env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert set(proxy.asked) == ({f"{host}:443"} if host else set()), done.stdout
