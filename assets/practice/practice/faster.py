# SPDX-License-Identifier: MIT
"""moto, made faster where it does the same again for every call. What it answers stays the same.

install() once, before the first call. Each function says what was slow; the way of the answers is in faster_answers.py
and faster_xml.py.
"""

import functools
import itertools
from typing import Any

from practice import faster_answers, faster_xml


def install() -> None:
    faster_answers.install()
    faster_xml.install()
    keep_operations_apart()
    list_backends_once()
    list_methods_once()
    make_no_request_ids()
    look_tags_up()
    share_managed_policies()


def keep_operations_apart() -> None:
    """moto's model of an operation and botocore's, which it is made from, are kept under one name for a moment: a call
    that comes at this moment, while the cloud starts, got the other one for good and broke on it."""
    from botocore.model import OperationNotFoundError
    from moto.core.model import OperationModel, ServiceModel

    def operation_model(self: Any, operation_name: str) -> Any:
        known = self.__dict__.setdefault("_operations", {})
        if operation_name not in known:
            if operation_name not in self._service_description["operations"]:
                raise OperationNotFoundError(operation_name)
            model = self._service_description["operations"][operation_name]
            known.setdefault(operation_name, OperationModel(model, self, operation_name))
        return known[operation_name]

    ServiceModel.operation_model = operation_model


def list_backends_once() -> None:
    """moto reads its own folder, 175 entries with a stat each, to find which service a call is for."""
    from moto import backends

    if not hasattr(backends.list_of_moto_modules, "__wrapped__"):
        read = backends.list_of_moto_modules
        backends.list_of_moto_modules = functools.cache(functools.wraps(read)(lambda: tuple(read())))


def list_methods_once() -> None:
    """moto looks through the hundreds of methods of a service's class to see whether it has the operation."""
    from moto.core import responses

    if not hasattr(responses.method_names_from_class, "__wrapped__"):
        responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def make_no_request_ids() -> None:
    """moto draws 52 letters for the id of each request, and emulator.as_aws_sends_it puts one of AWS's form there."""
    from moto.core import responses

    def no_id(headerdict: dict[str, Any] | None = None) -> str:
        return "request-id"

    responses.gen_amzn_requestid_long = no_id


def look_tags_up() -> None:
    """moto goes through the tags of everything in EC2 to find those of one resource."""
    from moto.ec2.models.core import TaggedEC2Resource
    from moto.ec2.models.tags import EC2_PREFIX_TO_RESOURCE, get_prefix

    def get_tags(self: Any) -> list[dict[str, str]]:
        tags = self.ec2_backend.tags.get(self.id) if self.id else None
        if not tags:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in tags.items()
        ]

    TaggedEC2Resource.get_tags = get_tags


def share_managed_policies() -> None:
    """AWS's own policies, 1500 of them, are read for the first account; the others get copies of theirs. Their ids are
    counted: a random one takes as long as all the rest of a policy."""
    from moto.iam import models
    from moto.iam.models import IAMBackend

    read = IAMBackend._init_aws_policies
    if hasattr(read, "__wrapped__"):
        return
    known: dict[str, list[Any]] = {}

    @functools.wraps(read)
    def once(self: Any) -> list[Any]:
        if self.partition not in known:
            chosen, numbers = models.random_policy_id, itertools.count(1)
            models.random_policy_id = lambda: f"ANPA{next(numbers):017X}"
            try:
                known[self.partition] = read(self)
            finally:
                models.random_policy_id = chosen
        return [copied(policy, self.account_id) for policy in known[self.partition]]

    IAMBackend._init_aws_policies = once


def copied(policy: Any, account: str) -> Any:
    """A policy of another account: its attachments and versions are counted apart."""
    kind: Any = type(policy)
    twin = kind.__new__(kind)
    twin.__dict__ |= policy.__dict__ | {"account_id": account, "versions": list(policy.versions)}
    return twin
