# SPDX-License-Identifier: MIT
"""moto's API Gateway: addresses that work on this machine, VPC links with the state that rules/states.py gives them."""

import functools
from typing import Any


def install(cloud: Any) -> None:
    link_states()
    if cloud.wants("gateway"):
        addresses(cloud.config.port)


def addresses(port: int) -> None:
    """CreateApi answers an address that leads to data/gateway.py, and keeps it."""
    from moto.apigatewayv2.models import Api

    def endpoint(self: Any) -> str:
        return f"http://{self.api_id}.execute-api.localhost:{port}"

    Api.api_endpoint = property(endpoint, lambda self, value: None)  # type: ignore[assignment]


@functools.cache
def link_states() -> None:
    from moto.apigatewayv2.models import VpcLink

    to_json = VpcLink.to_json

    @functools.wraps(to_json)
    def to_json_with_status(self: Any) -> dict[str, Any]:
        answer = to_json(self)
        answer["vpcLinkStatus"] = getattr(self, "status", "AVAILABLE")
        answer["vpcLinkStatusMessage"] = getattr(self, "status_message", "VPC link is ready to route traffic")
        return answer

    VpcLink.to_json = to_json_with_status
