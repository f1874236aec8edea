// SPDX-License-Identifier: MIT
#include "backend/aws/secrets.h"

#include <string.h>

#include "backend/base/mem.h"

void secret_state_clear(struct secret_state *s)
{
    mem_free(s->arn);
    mem_free(s->stack_tag);
    mem_free(s->current);
    mem_free(s->key);
    *s = (struct secret_state){0};
}

static bool call(struct aws_client *c, const char *operation, struct json *body, unsigned flags,
                 struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, AWS_SECRETS, operation, sent, flags, out, err);
}

static const char *current_version(const struct json *stages)
{
    for (const struct json *v = json_first(stages); v; v = json_next(v))
        for (const struct json *s = json_first(v); s; s = json_next(s))
            if (str_eq(json_text(s), "AWSCURRENT"))
                return json_key(v);
    return NULL;
}

bool secrets_describe(struct aws_client *c, const char *name, struct secret_state *out,
                      struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "DescribeSecret", json_strings("SecretId", name, NULL), AWS_READ, &answer, err))
        return false;
    *out = (struct secret_state){0};
    str_replace(&out->arn, json_str(answer, "ARN"));
    str_replace(&out->stack_tag,
                aws_tag_in_list(json_get(answer, "Tags"), "Key", "Value", "forestadmin:stack"));
    str_replace(&out->key, json_str(answer, "KmsKeyId"));
    str_replace(&out->current, current_version(json_get(answer, "VersionIdsToStages")));
    enum json_type deleted = json_type(json_get(answer, "DeletedDate"));
    out->going = deleted != JSON_ABSENT && deleted != JSON_NULL;
    return out->arn || err_set(err, ERR_REMOTE, "the answer to DescribeSecret has no ARN");
}

// The value stands in the JSON body only while the call runs; the library's copy is wiped with the
// body's text.
static struct json *with_value(struct json *body, const struct secret *value)
{
    json_put_str(body, "SecretString", secret_reveal(value));
    return body;
}

static void wipe_value(struct json *body)
{
    json_wipe(body, "SecretString");
    json_free(body);
}

bool secrets_create(struct aws_client *c, const char *name, const char *description,
                    const char *token, const struct secret *value, const char *kms_key,
                    const struct aws_tags *tags, char **out_arn, struct err *err)
{
    struct json *body =
        json_strings("Name", name, "Description", description, "ClientRequestToken", token, NULL);
    json_put_str(body, "KmsKeyId", kms_key);
    json_put(body, "Tags", aws_tags_list(tags, "Key", "Value"));
    with_value(body, value);
    JSON_AUTO *answer = NULL;
    bool ok = aws_json(c, AWS_SECRETS, "CreateSecret", body, AWS_SAFE, &answer, err);
    wipe_value(body);
    if (!ok)
        return false;
    const char *arn = json_str(answer, "ARN");
    if (!arn)
        return err_set(err, ERR_REMOTE, "the answer to CreateSecret has no ARN");
    *out_arn = mem_strdup(arn);
    return true;
}

bool secrets_put_value(struct aws_client *c, const char *arn, const char *token,
                       const struct secret *value, struct err *err)
{
    struct json *body =
        with_value(json_strings("SecretId", arn, "ClientRequestToken", token, NULL), value);
    bool ok = aws_json(c, AWS_SECRETS, "PutSecretValue", body, AWS_SAFE, NULL, err);
    wipe_value(body);
    return ok;
}

bool secrets_make_current(struct aws_client *c, const char *arn, const char *version,
                          const char *from, struct err *err)
{
    struct json *body = json_strings("SecretId", arn, "VersionStage", "AWSCURRENT",
                                     "MoveToVersionId", version, "RemoveFromVersionId", from, NULL);
    return call(c, "UpdateSecretVersionStage", body, AWS_SAFE, NULL, err);
}

bool secrets_get_value(struct aws_client *c, const char *arn, struct secret *out, struct err *err)
{
    struct json *answer = NULL;
    if (!call(c, "GetSecretValue", json_strings("SecretId", arn, NULL), AWS_READ, &answer, err))
        return false;
    const char *value = json_str(answer, "SecretString");
    bool ok = value ? secret_set(out, value, strlen(value), err)
                    : err_set(err, ERR_REMOTE, "the secret holds no text");
    json_wipe(answer, "SecretString");
    json_free(answer);
    return ok;
}

bool secrets_restore(struct aws_client *c, const char *arn, struct err *err)
{
    return call(c, "RestoreSecret", json_strings("SecretId", arn, NULL), AWS_SAFE, NULL, err);
}

bool secrets_delete(struct aws_client *c, const char *arn, unsigned recovery_days, struct err *err)
{
    struct json *body = json_strings("SecretId", arn, NULL);
    if (recovery_days)
        json_put_int(body, "RecoveryWindowInDays", recovery_days);
    else
        json_put_bool(body, "ForceDeleteWithoutRecovery", true);
    return call(c, "DeleteSecret", body, AWS_SAFE, NULL, err);
}
