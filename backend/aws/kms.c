// SPDX-License-Identifier: MIT
#include "backend/aws/kms.h"

#include "backend/base/mem.h"

void kms_key_clear(struct kms_key *k)
{
    mem_free(k->id);
    mem_free(k->arn);
    mem_free(k->state);
    *k = (struct kms_key){0};
}

static bool call(struct aws_client *c, const char *operation, struct json *body, unsigned flags,
                 struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, AWS_KMS, operation, sent, flags, out, err);
}

static bool read_key(const struct json *answer, struct kms_key *out, struct err *err)
{
    *out = (struct kms_key){0};
    str_replace(&out->id, json_str(answer, "KeyMetadata.KeyId"));
    str_replace(&out->arn, json_str(answer, "KeyMetadata.Arn"));
    str_replace(&out->state, json_str(answer, "KeyMetadata.KeyState"));
    return out->arn || err_set(err, ERR_REMOTE, "the answer about the key has no ARN");
}

bool kms_describe(struct aws_client *c, const char *key_or_alias, struct kms_key *out,
                  struct err *err)
{
    JSON_AUTO *answer = NULL;
    return call(c, "DescribeKey", json_strings("KeyId", key_or_alias, NULL), AWS_READ, &answer,
                err) &&
           read_key(answer, out, err);
}

bool kms_tag(struct aws_client *c, const char *key, const char *tag, char **out, struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "ListResourceTags", json_strings("KeyId", key, NULL), AWS_READ, &answer, err))
        return false;
    const char *value = aws_tag_in_list(json_get(answer, "Tags"), "TagKey", "TagValue", tag);
    *out = value ? mem_strdup(value) : NULL;
    return true;
}

bool kms_create(struct aws_client *c, const char *description, const char *policy,
                const struct aws_tags *tags, struct kms_key *out, struct err *err)
{
    struct json *body = json_strings("Description", description, "Policy", policy, NULL);
    json_put(body, "Tags", aws_tags_list(tags, "TagKey", "TagValue"));
    JSON_AUTO *answer = NULL;
    return call(c, "CreateKey", body, AWS_WRITE, &answer, err) && read_key(answer, out, err);
}

bool kms_enable_rotation(struct aws_client *c, const char *key, struct err *err)
{
    return call(c, "EnableKeyRotation", json_strings("KeyId", key, NULL), AWS_SAFE, NULL, err);
}

bool kms_create_alias(struct aws_client *c, const char *alias, const char *key, struct err *err)
{
    return call(c, "CreateAlias", json_strings("AliasName", alias, "TargetKeyId", key, NULL),
                AWS_WRITE, NULL, err);
}

bool kms_delete_alias(struct aws_client *c, const char *alias, struct err *err)
{
    return call(c, "DeleteAlias", json_strings("AliasName", alias, NULL), AWS_SAFE, NULL, err);
}

bool kms_schedule_deletion(struct aws_client *c, const char *key, unsigned days, struct err *err)
{
    struct json *body = json_strings("KeyId", key, NULL);
    json_put_int(body, "PendingWindowInDays", days);
    return call(c, "ScheduleKeyDeletion", body, AWS_SAFE, NULL, err);
}

bool kms_cancel_deletion(struct aws_client *c, const char *key, struct err *err)
{
    return call(c, "CancelKeyDeletion", json_strings("KeyId", key, NULL), AWS_SAFE, NULL, err);
}

bool kms_enable(struct aws_client *c, const char *key, struct err *err)
{
    return call(c, "EnableKey", json_strings("KeyId", key, NULL), AWS_SAFE, NULL, err);
}
