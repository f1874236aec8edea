// SPDX-License-Identifier: MIT
// ECR: one repository. Images themselves go through the registry's own API (backend/image).
#ifndef FOREST_AWS_ECR_H
#define FOREST_AWS_ECR_H

#include "backend/aws/tags.h"

struct ecr_repository { // owned
    char *arn, *uri;
};
void ecr_repository_clear(struct ecr_repository *r);
bool ecr_get_repository(struct aws_client *c, const char *name, struct ecr_repository *out,
                        struct err *err);
// The value of a tag; *out NULL when it has none.
bool ecr_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err);
bool ecr_create_repository(struct aws_client *c, const char *name, const char *kms_key,
                           const struct aws_tags *tags, struct ecr_repository *out,
                           struct err *err);
bool ecr_delete_repository(struct aws_client *c, const char *name,
                           struct err *err); // with its images
bool ecr_get_lifecycle_policy(struct aws_client *c, const char *name, char **out_json,
                              struct err *err);
bool ecr_put_lifecycle_policy(struct aws_client *c, const char *name, const char *json,
                              struct err *err);
// The digest behind a tag; ERR_NOT_FOUND when there is no such image.
bool ecr_image_digest(struct aws_client *c, const char *name, const char *tag, char **out_digest,
                      struct err *err);
// Is an image of that digest there?
bool ecr_has_image(struct aws_client *c, const char *name, const char *digest, struct err *err);
// `out_token` is base64 of user:password, ready for "Authorization: Basic"; valid for 12 h.
bool ecr_authorization(struct aws_client *c, struct secret *out_token, char **out_endpoint,
                       struct err *err);

#endif
