// SPDX-License-Identifier: MIT
// KMS: one optional key of the customer's own, found by its alias.
#ifndef FOREST_AWS_KMS_H
#define FOREST_AWS_KMS_H

#include "backend/aws/tags.h"

struct kms_key {            // owned
    char *id, *arn, *state; // Enabled, Disabled, PendingDeletion...
};
void kms_key_clear(struct kms_key *k);
bool kms_describe(struct aws_client *c, const char *key_or_alias, struct kms_key *out,
                  struct err *err);
bool kms_tag(struct aws_client *c, const char *key, const char *tag, char **out, struct err *err);
bool kms_create(struct aws_client *c, const char *description, const char *policy,
                const struct aws_tags *tags, struct kms_key *out, struct err *err);
bool kms_enable_rotation(struct aws_client *c, const char *key, struct err *err);
bool kms_create_alias(struct aws_client *c, const char *alias, const char *key, struct err *err);
bool kms_delete_alias(struct aws_client *c, const char *alias, struct err *err);
bool kms_schedule_deletion(struct aws_client *c, const char *key, unsigned days, struct err *err);
// Leaves the key disabled: enable it then.
bool kms_cancel_deletion(struct aws_client *c, const char *key, struct err *err);
bool kms_enable(struct aws_client *c, const char *key, struct err *err);

#endif
