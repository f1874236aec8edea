// SPDX-License-Identifier: MIT
// IAM and STS: roles for the task, and who we are.
#ifndef FOREST_AWS_IAM_H
#define FOREST_AWS_IAM_H

#include "backend/aws/tags.h"

struct iam_role { // owned
    char *arn;
    char *stack_tag;   // value of forestadmin:stack, or NULL
    char *owner_tag;   // value of forestadmin:owner: who made it instead of us; or NULL
    char *trust;       // JSON
    char *boundary;    // ARN of the permissions boundary, or NULL
    struct json *tags; // all of them: {"Key": "Value"}
};
void iam_role_clear(struct iam_role *role);

// ERR_NOT_FOUND when absent.
bool iam_get_role(struct aws_client *c, const char *name, struct iam_role *out, struct err *err);
bool iam_create_role(struct aws_client *c, const char *name, const char *trust,
                     const char *description, const char *boundary, const struct aws_tags *tags,
                     char **out_arn, struct err *err);
// Both may be repeated.
bool iam_update_trust(struct aws_client *c, const char *name, const char *trust, struct err *err);
bool iam_put_role_boundary(struct aws_client *c, const char *name, const char *boundary,
                           struct err *err);
// `tags`: {"Key": "Value"}; `keys`: an array of names. Both may be repeated.
bool iam_tag_role(struct aws_client *c, const char *name, const struct json *tags, struct err *err);
bool iam_untag_role(struct aws_client *c, const char *name, const struct json *keys,
                    struct err *err);
bool iam_delete_role(struct aws_client *c, const char *name, struct err *err);
bool iam_get_role_policy(struct aws_client *c, const char *role, const char *policy,
                         char **out_json, struct err *err);
bool iam_put_role_policy(struct aws_client *c, const char *role, const char *policy,
                         const char *json, struct err *err);
bool iam_delete_role_policy(struct aws_client *c, const char *role, const char *policy,
                            struct err *err);
// "already there" is success.
bool iam_create_service_linked_role(struct aws_client *c, const char *service, struct err *err);

bool sts_get_caller_identity(struct aws_client *c, char **out_account, char **out_arn,
                             struct err *err);

#endif
