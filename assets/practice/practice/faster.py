# SPDX-License-Identifier: MIT
"""moto, made faster where it does the same again for every call. What it answers stays the same.

install() once, before the first call. Each function says what was slow; the way of the answers is in faster_answers.py
and faster_xml.py.
"""

import functools
from typing import Any

from practice import faster_answers, faster_xml


def install() -> None:
    faster_answers.install()
    faster_xml.install()
    keep_operations_apart()
    list_backends_once()
    list_methods_once()
    make_no_request_ids()


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
