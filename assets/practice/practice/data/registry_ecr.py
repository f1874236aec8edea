# SPDX-License-Identifier: MIT
"""Keeps moto's ECR backend and the registry's bytes telling the same story.

moto's Repository objects are the truth about repositories, images and tags: the proxy asks the functions here and
tells record() of every pushed manifest. install() wraps moto so that the API operations which change images or hand
out tokens (GetAuthorizationToken, PutImage, layer uploads, BatchDeleteImage, DeleteRepository) reach the registry."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend, Image, LayerUpload, Repository, ecr_backends
from moto.ecr.responses import ECRResponse

from practice import emulator
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before


class ImageTagAlreadyExists(ServiceException):
    code = "ImageTagAlreadyExistsException"


class ImageAlreadyExists(ServiceException):
    code = "ImageAlreadyExistsException"


class LayersNotFound(ServiceException):
    code = "LayersNotFoundException"


class ImageDigestDoesNotMatch(ServiceException):
    code = "ImageDigestDoesNotMatchException"


def repository(account: str, region: str, name: str) -> Repository | None:
    with emulator.lock:
        return ecr_backends[account][region].repositories.get(name)


def tags(account: str, region: str, name: str) -> list[str]:
    with emulator.lock:
        found = repository(account, region, name)
        return [tag for image in found.images for tag in image.image_tags] if found else []


def digest_of(account: str, region: str, name: str, reference: str) -> str | None:
    """The digest of an image that the repository holds under this tag or digest."""
    with emulator.lock:
        found = repository(account, region, name)
        for image in found.images if found else []:
            if reference == image.get_image_digest() or reference in image.image_tags:
                return image.get_image_digest()
        return None


def immutable_tag_taken(account: str, region: str, name: str, tag: str, digest: str) -> str | None:
    """ECR's sentence when this push would move a tag of an immutable repository, else None."""
    found = repository(account, region, name)
    if found is None or not found.is_tag_immutable():
        return None
    holder = digest_of(account, region, name, tag)
    if holder is None or holder == digest:
        return None
    return (
        f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the "
        "repository is immutable."
    )


def record(
    account: str, region: str, name: str, tag: str | None, manifest: bytes, media_type: str, digest: str
) -> Image:
    """Makes moto know an image that is in the registry now; the tag moves to it."""
    with emulator.lock:
        return _record(account, region, name, tag, manifest, media_type, digest)


def _record(
    account: str, region: str, name: str, tag: str | None, manifest: bytes, media_type: str, digest: str
) -> Image:
    found = ecr_backends[account][region].repositories[name]
    image = next((i for i in found.images if i.get_image_digest() == digest), None)
    if image is None:
        image = Image(account, None, manifest.decode(), name, media_type, digest)  # type: ignore[arg-type]
        found.images.append(image)
    if tag:
        for other in found.images:
            if other is not image and tag in other.image_tags:
                other.remove_tag(tag)
                other.image_tag = other.image_tags[-1] if other.image_tags else None  # type: ignore[assignment]
        image.update_tag(tag)
    return image


def _size(image: Image) -> int | None:
    """imageSizeInBytes: the compressed layers and the config (moto counts the config alone)."""
    manifest = json.loads(image.image_manifest)
    if "layers" not in manifest:
        return None
    return sum(part.get("size", 0) for part in [manifest.get("config", {}), *manifest["layers"]])


def _blobs(manifest: dict[str, Any]) -> list[str]:
    return [part["digest"] for part in [manifest.get("config"), *manifest.get("layers", [])] if part]


def install(cloud: Any) -> None:
    """Hooks moto's ECR. Called once, before the first request; cloud.registry is used when a call comes in."""
    _install_token(cloud)
    _install_images(cloud)
    _install_layers(cloud)
    Image.get_image_size_in_bytes = _size  # type: ignore[assignment]


def _install_token(cloud: Any) -> None:
    def get_authorization_token(self: ECRResponse) -> ActionResult:
        data = []
        for account in self._get_param("registryIds") or [self.current_account]:
            password, expires = cloud.registry.issue(account, self.region)
            data.append(
                {
                    "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
                    "expiresAt": datetime.fromtimestamp(expires, UTC),
                    "proxyEndpoint": cloud.registry.endpoint,
                }
            )
        return ActionResult({"authorizationData": data})

    ECRResponse.get_authorization_token = get_authorization_token

    # What may be pushed and pulled with a token is what its owner may (ECR guide "Private registry authentication").
    @after("ecr", "GetAuthorizationToken")
    def whose_token(_cloud: Any, call: Call, result: dict[str, Any]) -> None:
        for data in result["authorizationData"]:
            password = base64.b64decode(data["authorizationToken"]).decode().partition(":")[2]
            token = cloud.registry.token(password)
            if token:
                token.access_key = call.signed.access_key


def _install_images(cloud: Any) -> None:
    delete_repository, batch_delete_image = ECRBackend.delete_repository, ECRBackend.batch_delete_image

    def inner(backend: ECRBackend, name: str) -> str:
        return cloud.registry.inner(backend.account_id, backend.region_name, name)

    def put_image(
        self: ECRBackend,
        repository_name: str,
        image_manifest: str,
        image_tag: str | None,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        found = self._get_repository(repository_name)
        body = image_manifest.encode()
        manifest, actual = json.loads(body), "sha256:" + hashlib.sha256(body).hexdigest()
        media_type = image_manifest_mediatype or manifest.get("mediaType")
        if digest and digest != actual:
            raise ImageDigestDoesNotMatch(
                f"The provided digest '{digest}' does not match the manifest's '{actual}'"
            )
        lacking = [
            d for d in _blobs(manifest) if not cloud.registry.ecr.has_blob(inner(self, repository_name), d)
        ]
        if lacking:
            raise LayersNotFound(
                f"The layers with digests {lacking} required for pushing image into repository with "
                f"name '{repository_name}' in the registry with id '{self.account_id}' do not exist"
            )
        holder = digest_of(self.account_id, self.region_name, repository_name, image_tag or actual)
        if holder == actual:
            raise ImageAlreadyExists(
                f"Image with digest '{actual}' and tag '{image_tag}' already exists in the repository "
                f"with name '{repository_name}' in registry with id '{self.account_id}'"
            )
        if image_tag and found.is_tag_immutable() and holder:
            raise ImageTagAlreadyExists(
                f"The image tag '{image_tag}' already exists in the '{repository_name}' repository "
                "and cannot be overwritten because the repository is immutable."
            )
        cloud.registry.ecr.put_manifest(inner(self, repository_name), actual, body, media_type)
        return record(self.account_id, self.region_name, repository_name, image_tag, body, media_type, actual)

    def after_delete_repository(
        self: ECRBackend, repository_name: str, *args: Any, **kwargs: Any
    ) -> Repository:
        gone = delete_repository(self, repository_name, *args, **kwargs)
        cloud.registry.ecr.forget(inner(self, repository_name))
        return gone

    def after_batch_delete(
        self: ECRBackend, repository_name: str, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        found = self.repositories.get(repository_name)
        before = {i.get_image_digest() for i in found.images} if found else set()
        answer = batch_delete_image(self, repository_name, *args, **kwargs)
        for digest in before - {i.get_image_digest() for i in found.images} if found else set():
            cloud.registry.ecr.delete_manifest(inner(self, repository_name), digest)
        return answer

    ECRBackend.put_image = put_image
    ECRBackend.delete_repository = after_delete_repository
    ECRBackend.batch_delete_image = after_batch_delete


def _install_layers(cloud: Any) -> None:
    complete, check = ECRBackend.complete_layer_upload, ECRBackend.batch_check_layer_availability

    def complete_layer_upload(
        self: ECRBackend, repository_name: str, upload_id: str, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        found = self.repositories.get(repository_name)
        upload: LayerUpload | None = found.uploads.get(upload_id) if found else None
        parts = bytes(upload.layer_parts) if upload else b""
        answer = complete(self, repository_name, upload_id, *args, **kwargs)
        name = cloud.registry.inner(self.account_id, self.region_name, repository_name)
        cloud.registry.ecr.put_blob(name, answer["layerDigest"], parts, len(parts))
        return answer

    def batch_check(
        self: ECRBackend, repository_name: str, layer_digests: list[str], *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        found = self.repositories.get(repository_name)
        name = cloud.registry.inner(self.account_id, self.region_name, repository_name)
        for digest in layer_digests:
            size = cloud.registry.ecr.blob_size(name, digest) if found else None
            if found and size is not None:
                found.layers[digest] = size
        return check(self, repository_name, layer_digests, *args, **kwargs)

    # GetDownloadUrlForLayer: an address that needs no token, of a layer that is there (API reference); moto has none.
    @before("ecr", "GetDownloadUrlForLayer")
    def download_url(_cloud: Any, call: Call) -> dict[str, Any]:
        name, digest = call.params["repositoryName"], call.params["layerDigest"]
        if repository(call.account, call.region, name) is None:
            raise AwsError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{call.account}'",
            )
        address = cloud.registry.address_of(call.account, call.region, name, digest)
        if not address:
            raise AwsError("LayersNotFoundException", f"Layer '{digest}' is not in repository '{name}'")
        return {"downloadUrl": address, "layerDigest": digest}

    ECRBackend.complete_layer_upload = complete_layer_upload
    ECRBackend.batch_check_layer_availability = batch_check
