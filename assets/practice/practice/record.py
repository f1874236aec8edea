# SPDX-License-Identifier: MIT
"""The traffic of the cloud: one JSON line for each API call, in memory for the control endpoints and on disk.

Secrets never reach the record: secret members are replaced, the Authorization header keeps only its public half.
"""

import collections
import json
import re
import threading
from pathlib import Path
from typing import Any

# Members whose value is a secret in the services that we use, wherever they stand.
SECRET_MEMBERS = {
    "SecretString",
    "SecretBinary",
    "SecretAccessKey",
    "authorizationToken",
    "Plaintext",
    "CiphertextBlob",
    "SessionToken",
    "MasterUserPassword",
    "TokenCode",
    "WebIdentityToken",
    "SAMLAssertion",
    "PrivateKey",
    "clientSecret",
    "deviceCode",
    "refreshToken",
    "accessToken",
    "code",
    "codeVerifier",
}
SECRET_HEADERS = {"x-amz-security-token", "x-amz-sso-bearer-token", "cookie"}


def redact(value: Any) -> Any:
    """The value with secrets replaced, fit for JSON."""
    if isinstance(value, dict):
        return {k: "***" if k in SECRET_MEMBERS and v else redact(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def redact_headers(headers: dict[str, str]) -> dict[str, str]:
    shown = {k: "***" if k in SECRET_HEADERS else v for k, v in headers.items()}
    if "authorization" in shown:
        shown["authorization"] = re.sub(r"Signature=\w+", "Signature=***", shown["authorization"])
    return shown


class Recorder:
    """Collects entries. Thread-safe. The file is truncated at start; reset() forgets both."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._path = path
        self._file = path.open("w", encoding="utf-8") if path else None

    def add(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def reset(self) -> None:
        with self._lock:
            self._entries.clear()
            if self._file:
                self._file.seek(0)
                self._file.truncate()

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._entries)

    def counts(self) -> dict[str, int]:
        """Calls by service.Operation."""
        counter = collections.Counter(f"{e['service']}.{e['operation']}" for e in self.entries())
        return dict(sorted(counter.items()))

    def emulator_errors(self) -> list[dict[str, Any]]:
        """The calls on which the emulator itself broke: a test run must end with none."""
        return [entry for entry in self.entries() if entry.get("emulator_error")]

    def forget_emulator_errors(self, name: str) -> None:
        """Drops those of service.Operation: for a test that planted them."""
        with self._lock:
            self._entries = [
                e
                for e in self._entries
                if "emulator_error" not in e or f"{e['service']}.{e['operation']}" != name
            ]

    def close(self) -> None:
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None
