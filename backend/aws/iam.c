// SPDX-License-Identifier: MIT
#include "backend/aws/iam.h"

#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"

void iam_role_clear(struct iam_role *role)
{
    mem_free(role->arn);
    mem_free(role->stack_tag);
    mem_free(role->owner_tag);
    mem_free(role->trust);
    mem_free(role->boundary);
    json_free(role->tags);
    *role = (struct iam_role){0};
}

// IAM gives policies percent-encoded (GetRole, "URL-encoded compliant with RFC 3986").
static char *decoded(const char *text)
{
    return text ? decode_uri(text, strlen(text)) : NULL;
}

bool iam_get_role(struct aws_client *c, const char *name, struct iam_role *out, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_IAM, "GetRole", AWS_READ, &answer, err, "RoleName", name, NULL))
        return false;
    const struct xml_node *role = xml_find(xml_root(answer), "GetRoleResult/Role");
    *out = (struct iam_role){0};
    str_replace(&out->arn, xml_str(role, "Arn"));
    str_replace(&out->stack_tag,
                aws_tag_in_xml(role, "Tags/member", "Key", "Value", "forestadmin:stack"));
    str_replace(&out->owner_tag,
                aws_tag_in_xml(role, "Tags/member", "Key", "Value", "forestadmin:owner"));
    str_replace(&out->boundary, xml_str(role, "PermissionsBoundary/PermissionsBoundaryArn"));
    out->tags = json_object();
    for (const struct xml_node *tag = xml_find(role, "Tags/member"); tag; tag = xml_next(tag))
        json_put_str(out->tags, xml_str_or(tag, "Key", ""), xml_str_or(tag, "Value", ""));
    out->trust = decoded(xml_str(role, "AssumeRolePolicyDocument"));
    return out->arn || err_set(err, ERR_REMOTE, "the answer to GetRole has no Arn");
}

bool iam_create_role(struct aws_client *c, const char *name, const char *trust,
                     const char *description, const char *boundary, const struct aws_tags *tags,
                     char **out_arn, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, name, "RoleName");
    aws_param(&p, trust, "AssumeRolePolicyDocument");
    aws_param(&p, description, "Description");
    aws_param(&p, boundary, "PermissionsBoundary");
    aws_param_tags(&p, tags);
    XML_AUTO *answer = NULL;
    if (!aws_query(c, AWS_IAM, "CreateRole", &p, AWS_WRITE, &answer, err))
        return false;
    const char *arn = xml_str(xml_root(answer), "CreateRoleResult/Role/Arn");
    if (!arn)
        return err_set(err, ERR_REMOTE, "the answer to CreateRole has no Arn");
    *out_arn = mem_strdup(arn);
    return true;
}

bool iam_update_trust(struct aws_client *c, const char *name, const char *trust, struct err *err)
{
    return aws_query_with(c, AWS_IAM, "UpdateAssumeRolePolicy", AWS_SAFE, NULL, err, "RoleName",
                          name, "PolicyDocument", trust, NULL);
}

bool iam_put_role_boundary(struct aws_client *c, const char *name, const char *boundary,
                           struct err *err)
{
    return aws_query_with(c, AWS_IAM, "PutRolePermissionsBoundary", AWS_SAFE, NULL, err, "RoleName",
                          name, "PermissionsBoundary", boundary, NULL);
}

bool iam_tag_role(struct aws_client *c, const char *name, const struct json *tags, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, name, "RoleName");
    size_t n = 0;
    for (const struct json *tag = json_first(tags); tag; tag = json_next(tag)) {
        aws_param(&p, json_key(tag), "Tags.member.%zu.Key", ++n);
        aws_param(&p, json_text(tag), "Tags.member.%zu.Value", n);
    }
    return aws_query(c, AWS_IAM, "TagRole", &p, AWS_SAFE, NULL, err);
}

bool iam_untag_role(struct aws_client *c, const char *name, const struct json *keys,
                    struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, name, "RoleName");
    size_t n = 0;
    for (const struct json *key = json_first(keys); key; key = json_next(key))
        aws_param(&p, json_text(key), "TagKeys.member.%zu", ++n);
    return aws_query(c, AWS_IAM, "UntagRole", &p, AWS_SAFE, NULL, err);
}

bool iam_delete_role(struct aws_client *c, const char *name, struct err *err)
{
    return aws_query_with(c, AWS_IAM, "DeleteRole", AWS_SAFE, NULL, err, "RoleName", name, NULL);
}

bool iam_get_role_policy(struct aws_client *c, const char *role, const char *policy,
                         char **out_json, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_IAM, "GetRolePolicy", AWS_READ, &answer, err, "RoleName", role,
                        "PolicyName", policy, NULL))
        return false;
    *out_json = decoded(xml_str(xml_root(answer), "GetRolePolicyResult/PolicyDocument"));
    return *out_json || err_set(err, ERR_REMOTE, "the answer to GetRolePolicy has no document");
}

bool iam_put_role_policy(struct aws_client *c, const char *role, const char *policy,
                         const char *json, struct err *err)
{
    return aws_query_with(c, AWS_IAM, "PutRolePolicy", AWS_SAFE, NULL, err, "RoleName", role,
                          "PolicyName", policy, "PolicyDocument", json, NULL);
}

bool iam_delete_role_policy(struct aws_client *c, const char *role, const char *policy,
                            struct err *err)
{
    return aws_query_with(c, AWS_IAM, "DeleteRolePolicy", AWS_SAFE, NULL, err, "RoleName", role,
                          "PolicyName", policy, NULL);
}

bool iam_create_service_linked_role(struct aws_client *c, const char *service, struct err *err)
{
    ERR_AUTO e = {0};
    if (aws_query_with(c, AWS_IAM, "CreateServiceLinkedRole", AWS_SAFE, NULL, &e, "AWSServiceName",
                       service, NULL))
        return true;
    if (err_is(&e, "InvalidInput") && err_says(&e, "taken"))
        return true;
    err_move(err, &e);
    return false;
}

bool sts_get_caller_identity(struct aws_client *c, char **out_account, char **out_arn,
                             struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query(c, AWS_STS, "GetCallerIdentity", NULL, AWS_READ, &answer, err))
        return false;
    const struct xml_node *result = xml_find(xml_root(answer), "GetCallerIdentityResult");
    const char *account = xml_str(result, "Account");
    const char *arn = xml_str(result, "Arn");
    if (str_empty(account) || str_empty(arn))
        return err_set(err, ERR_REMOTE, "the answer to GetCallerIdentity names no account");
    *out_account = mem_strdup(account);
    *out_arn = mem_strdup(arn);
    return true;
}
