// SPDX-License-Identifier: MIT
#include "backend/aws/ecr.h"

#include <string.h>

#include "backend/base/mem.h"

void ecr_repository_clear(struct ecr_repository *r)
{
    mem_free(r->arn);
    mem_free(r->uri);
    *r = (struct ecr_repository){0};
}

static bool call(struct aws_client *c, const char *operation, struct json *body, unsigned flags,
                 struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, AWS_ECR, operation, sent, flags, out, err);
}

static bool read_repository(const struct json *node, struct ecr_repository *out, struct err *err)
{
    *out = (struct ecr_repository){0};
    str_replace(&out->arn, json_str(node, "repositoryArn"));
    str_replace(&out->uri, json_str(node, "repositoryUri"));
    return (out->arn && out->uri) ||
           err_set(err, ERR_REMOTE, "the answer about the repository has no ARN or URI");
}

bool ecr_get_repository(struct aws_client *c, const char *name, struct ecr_repository *out,
                        struct err *err)
{
    struct json *body = json_object();
    json_push_str(json_put(body, "repositoryNames", json_array()), name);
    JSON_AUTO *answer = NULL;
    return call(c, "DescribeRepositories", body, AWS_READ, &answer, err) &&
           read_repository(json_path(answer, "repositories.0"), out, err);
}

bool ecr_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "ListTagsForResource", json_strings("resourceArn", arn, NULL), AWS_READ, &answer,
              err))
        return false;
    const char *value = aws_tag_in_list(json_get(answer, "tags"), "Key", "Value", key);
    *out = value ? mem_strdup(value) : NULL;
    return true;
}

bool ecr_create_repository(struct aws_client *c, const char *name, const char *kms_key,
                           const struct aws_tags *tags, struct ecr_repository *out, struct err *err)
{
    // Tags name contents here, so an image behind a tag must never change.
    struct json *body =
        json_strings("repositoryName", name, "imageTagMutability", "IMMUTABLE", NULL);
    json_put_bool(json_put(body, "imageScanningConfiguration", json_object()), "scanOnPush", true);
    if (kms_key)
        json_put(body, "encryptionConfiguration",
                 json_strings("encryptionType", "KMS", "kmsKey", kms_key, NULL));
    json_put(body, "tags", aws_tags_list(tags, "Key", "Value"));
    JSON_AUTO *answer = NULL;
    return call(c, "CreateRepository", body, AWS_WRITE, &answer, err) &&
           read_repository(json_get(answer, "repository"), out, err);
}

bool ecr_delete_repository(struct aws_client *c, const char *name, struct err *err)
{
    struct json *body = json_strings("repositoryName", name, NULL);
    json_put_bool(body, "force", true);
    return call(c, "DeleteRepository", body, AWS_SAFE, NULL, err);
}

bool ecr_get_lifecycle_policy(struct aws_client *c, const char *name, char **out_json,
                              struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "GetLifecyclePolicy", json_strings("repositoryName", name, NULL), AWS_READ,
              &answer, err))
        return false;
    *out_json = mem_strdup(json_str_or(answer, "lifecyclePolicyText", ""));
    return true;
}

bool ecr_put_lifecycle_policy(struct aws_client *c, const char *name, const char *json,
                              struct err *err)
{
    return call(c, "PutLifecyclePolicy",
                json_strings("repositoryName", name, "lifecyclePolicyText", json, NULL), AWS_SAFE,
                NULL, err);
}

bool ecr_image_digest(struct aws_client *c, const char *name, const char *tag, char **out_digest,
                      struct err *err)
{
    struct json *body = json_strings("repositoryName", name, NULL);
    json_push(json_put(body, "imageIds", json_array()), json_strings("imageTag", tag, NULL));
    JSON_AUTO *answer = NULL;
    if (!call(c, "DescribeImages", body, AWS_READ, &answer, err))
        return false;
    const char *digest = json_str(answer, "imageDetails.0.imageDigest");
    if (!digest)
        return err_set(err, ERR_NOT_FOUND, "there is no image %s in %s", tag, name);
    *out_digest = mem_strdup(digest);
    return true;
}

bool ecr_has_image(struct aws_client *c, const char *name, const char *digest, struct err *err)
{
    struct json *body = json_strings("repositoryName", name, NULL);
    json_push(json_put(body, "imageIds", json_array()), json_strings("imageDigest", digest, NULL));
    JSON_AUTO *answer = NULL;
    return call(c, "DescribeImages", body, AWS_READ, &answer, err);
}

bool ecr_authorization(struct aws_client *c, struct secret *out_token, char **out_endpoint,
                       struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "GetAuthorizationToken", json_object(), AWS_READ, &answer, err))
        return false;
    const char *token = json_str(answer, "authorizationData.0.authorizationToken");
    const char *endpoint = json_str(answer, "authorizationData.0.proxyEndpoint");
    if (!token || !endpoint)
        return err_set(err, ERR_REMOTE, "the answer to GetAuthorizationToken has no token");
    *out_endpoint = mem_strdup(endpoint);
    return secret_set(out_token, token, strlen(token), err);
}
