# SPDX-License-Identifier: MIT
"""Our signer and botocore agree on every byte of 1500 random requests.

FOREST_SIGN names the helper program (build directory, tests/sign); FOREST_SEED repeats a run; FOREST_SIGN_CASES changes
how many requests.
"""
import base64
import json
import os
import pathlib
import random
import string
import subprocess
import sys
from urllib.parse import quote, unquote_to_bytes

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from sigv4_reference import sign  # noqa: E402

CASES = int(os.environ.get("FOREST_SIGN_CASES", "1500"))
SEED = int(os.environ.get("FOREST_SEED", random.SystemRandom().randrange(2**32)))
SAFE = "-_.~"
ALPHABET = string.ascii_letters + string.digits + "-_.~:/?#[]@!$&'()*+,;=% \"<>\\^`{|}é☃𝄞\t"


def find_program():
    given = os.environ.get("FOREST_SIGN")
    if given:
        return given
    found = sorted(HERE.parent.parent.glob("build*/**/tests/sign"), key=lambda p: p.stat().st_mtime)
    return str(found[-1]) if found else None


def text(rng, longest, alphabet=ALPHABET, shortest=0):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(shortest, longest)))


def random_url(rng):
    host = rng.choice(["ec2.eu-west-3.amazonaws.com", "localhost:4566", "127.0.0.1:1", "a-b.example.org:443",
                       "x.localhost:8443"])
    scheme = "https" if "amazonaws" in host or host.endswith("443") else "http"
    path = "/" + "/".join(quote(text(rng, 12), safe=SAFE) for _ in range(rng.randint(0, 5)))
    pairs = [(quote(text(rng, 8, shortest=1), safe=SAFE), quote(text(rng, 12), safe=SAFE))
             for _ in range(rng.randint(0, 6))]
    pairs += rng.sample(pairs, min(len(pairs), rng.randint(0, 2)))  # repeated keys and pairs
    query = "&".join(k if not v and rng.random() < 0.5 else f"{k}={v}" for k, v in pairs)
    return f"{scheme}://{host}{path}" + (f"?{query}" if query else "")


def random_headers(rng):
    printable = string.ascii_letters + string.digits + " \t-_.;:=/\"'(),"
    headers = []
    if rng.random() < 0.7:
        kinds = ["application/json", "application/x-amz-json-1.1", "text/plain;  a=b"]
        headers.append(["Content-Type", rng.choice(kinds)])
    names = ["X-Amz-Target", "x-amz-meta-A", "X-AMZ-Meta-a", "X-Amz-My", "X-Amz-My-More", "X-Amz-User-Agent"]
    for name in rng.choices(names, k=rng.randint(0, 5)):
        headers.append([name, text(rng, 30, printable)])
    return headers


def random_case(rng):
    body = rng.randbytes(rng.choice([0, 0, 1, 63, 64, 65, 1000, 20000]))
    day = f"{rng.randint(2000, 2099)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    date = f"{day}T{rng.randint(0, 23):02}{rng.randint(0, 59):02}{rng.randint(0, 59):02}Z"
    key = string.ascii_letters + string.digits + "+/"
    return {
        "method": rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]), "url": random_url(rng),
        "headers": random_headers(rng), "body": base64.b64encode(body).decode(), "date": date,
        "region": rng.choice(["us-east-1", "eu-west-3", "cn-north-1"]),
        "service": rng.choice(["ec2", "iam", "apigateway"]),
        "access_key": "AKIA" + text(rng, 16, string.ascii_uppercase, 16), "secret_key": text(rng, 60, key, 1),
        "token": text(rng, 400, key + "=", 1) if rng.random() < 0.5 else "",
    }


def corpus_case(path):
    """One file of the fuzzer's corpus as a request that can be sent: its lines are path, query, header and body."""
    parts = [*path.read_bytes().split(b"\n", 3), b"", b"", b""]
    url_path = quote(unquote_to_bytes(parts[0]), safe="/" + SAFE)
    pairs = [pair.partition(b"=") for pair in parts[1].split(b"&") if pair.partition(b"=")[0]]
    query = "&".join("=".join(quote(unquote_to_bytes(side), safe=SAFE) for side in (k, v)) for k, _, v in pairs)
    header = "".join(chr(c) for c in parts[2] if 0x20 <= c < 0x7F).strip() or "x"
    return {
        "method": "POST", "url": f"https://ec2.eu-west-3.amazonaws.com/{url_path.lstrip('/')}?{query}".rstrip("?"),
        "headers": [["Content-Type", header], ["X-Amz-Target", header]], "body": base64.b64encode(parts[3]).decode(),
        "date": "20261123T130411Z", "region": "eu-west-3", "service": "ec2", "access_key": "AKIDEXAMPLE",
        "secret_key": "secret", "token": "",
    }  # fmt: skip


def compare(cases, what):
    program = find_program()
    if not program:
        pytest.fail("the helper program tests/sign is not built: ninja -C build/dev sign")
    done = subprocess.run([program], input="".join(json.dumps(c) + "\n" for c in cases), capture_output=True, text=True,
                          timeout=120, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases), what
    for number, (case, ours) in enumerate(zip(cases, answers, strict=True)):
        theirs = sign(case)
        for stage in ("canonical_request", "string_to_sign", "authorization"):
            assert ours.get(stage) == theirs[stage], f"{what}, case {number}: {stage} of {json.dumps(case)}"
    print(f"{what}: {len(cases)} compared, 0 differ")


def test_every_random_request_is_signed_as_botocore_signs_it():
    print("seed", SEED)
    rng = random.Random(SEED)
    compare([random_case(rng) for _ in range(CASES)], f"seed {SEED}")


def test_the_corpus_of_the_fuzzer_is_signed_as_botocore_signs_it():
    """The inputs that the fuzzer found interesting, made into requests that can be sent."""
    files = sorted((HERE.parent / "fuzz/corpus/signer").iterdir())
    assert len(files) > 5
    compare([corpus_case(path) for path in files], "corpus")
