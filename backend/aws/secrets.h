// SPDX-License-Identifier: MIT
// Secrets Manager: the one place where the secrets go.
#ifndef FOREST_AWS_SECRETS_H
#define FOREST_AWS_SECRETS_H

#include "backend/aws/tags.h"
#include "backend/base/secret.h"

struct secret_state { // owned
    char *arn;
    char *stack_tag;
    char *current; // VersionId of AWSCURRENT, or NULL
    char *key;     // the KMS key it was made with, or NULL: AWS's own
    bool going;    // scheduled for deletion
};
void secret_state_clear(struct secret_state *s);
bool secrets_describe(struct aws_client *c, const char *name, struct secret_state *out,
                      struct err *err);
// `token` becomes the VersionId; the same token with the same value again changes nothing.
bool secrets_create(struct aws_client *c, const char *name, const char *description,
                    const char *token, const struct secret *value, const char *kms_key,
                    const struct aws_tags *tags, char **out_arn, struct err *err);
bool secrets_put_value(struct aws_client *c, const char *arn, const char *token,
                       const struct secret *value, struct err *err);
// Moves AWSCURRENT back to a version that is there already: PutSecretValue with an old token leaves
// it where it was.
bool secrets_make_current(struct aws_client *c, const char *arn, const char *version,
                          const char *from, struct err *err);
// The current value; used only to keep an auth secret that was generated earlier.
bool secrets_get_value(struct aws_client *c, const char *arn, struct secret *out, struct err *err);
bool secrets_restore(struct aws_client *c, const char *arn, struct err *err);
// recovery_days 0: at once, without a way back.
bool secrets_delete(struct aws_client *c, const char *arn, unsigned recovery_days, struct err *err);

#endif
