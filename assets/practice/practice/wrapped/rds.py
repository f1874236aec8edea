# SPDX-License-Identifier: MIT
"""moto's RDS: versions of today, resource ids, endpoint names as AWS makes them."""

import base64
import hashlib
from typing import Any

DEFAULT_VERSIONS = {"postgres": "17.6", "mysql": "8.4.6", "mariadb": "11.8.3"}
# The account-specific part of every RDS endpoint name of this cloud.
ENDPOINT_PART = "c9akcwq"


def install(cloud: Any) -> None:
    """Versions for who names none (moto: those of 2014), and a resource id for each instance: moto gives all the same,
    so that its filter finds all of them."""
    from moto.rds.models import DBInstance

    DBInstance.default_engine_versions.update(DEFAULT_VERSIONS)
    DBInstance.dbi_resource_id = property(resource_id, lambda _i, _value: None)  # type: ignore[assignment]
    if cloud.wants("database"):
        DBInstance.address = property(address)  # type: ignore[assignment]


def resource_id(instance: Any) -> str:
    text = f"{instance.account_id}/{instance.region}/{instance.db_instance_identifier}"
    return "db-" + base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:26]


def address(instance: Any) -> str:
    return f"{instance.db_instance_identifier}.{ENDPOINT_PART}.{instance.region}.rds.amazonaws.com"
