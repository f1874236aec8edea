# SPDX-License-Identifier: MIT
"""corsConfiguration of an HTTP API: "API Gateway ignores CORS headers returned from your backend" and answers the
preflight itself (API Gateway developer guide, "Configure CORS for HTTP APIs"). Without a configuration none of this
runs and the backend's own headers pass.
"""

from typing import Any

from practice.data.balancer import Response


def is_preflight(environ: dict[str, Any]) -> bool:
    asked = "HTTP_ORIGIN" in environ and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    return environ["REQUEST_METHOD"] == "OPTIONS" and asked


def allowed_origin(config: dict[str, Any], origin: str) -> str | None:
    """What to send as access-control-allow-origin, None for an origin that is not allowed."""
    for allowed in config.get("allowOrigins") or []:
        if allowed == "*":
            return origin if config.get("allowCredentials") else "*"
        prefix, star, rest = allowed.partition("*")
        if origin.lower() == allowed.lower():
            return origin
        if star and not rest and origin.lower().startswith(prefix.lower()):  # "https://*"
            return origin
    return None


def preflight(config: dict[str, Any], environ: dict[str, Any]) -> Response:
    """204, with the permissions when the origin has any."""
    origin = allowed_origin(config, environ["HTTP_ORIGIN"])
    headers = [("access-control-allow-origin", origin)] if origin else []
    if origin:
        for name, member in (("methods", "allowMethods"), ("headers", "allowHeaders")):
            if config.get(member):
                headers.append((f"access-control-allow-{name}", ",".join(config[member])))
        if config.get("maxAge") is not None:
            headers.append(("access-control-max-age", str(config["maxAge"])))
        if config.get("allowCredentials"):
            headers.append(("access-control-allow-credentials", "true"))
    return Response(204, "No Content", headers)


def decorate(config: dict[str, Any], environ: dict[str, Any], response: Response) -> Response:
    """The backend's answer with the API's CORS headers in place of the backend's."""
    kept = [(k, v) for k, v in response.headers if not k.lower().startswith("access-control-")]
    origin = allowed_origin(config, environ.get("HTTP_ORIGIN", "")) if environ.get("HTTP_ORIGIN") else None
    if origin:
        kept.append(("access-control-allow-origin", origin))
        if config.get("allowCredentials"):
            kept.append(("access-control-allow-credentials", "true"))
        if config.get("exposeHeaders"):
            kept.append(("access-control-expose-headers", ",".join(config["exposeHeaders"])))
    return Response(response.status, response.reason, kept, response.body)
