// SPDX-License-Identifier: MIT
// Application Auto Scaling for one ECS service, and the tagging API's view of what carries a tag.
#ifndef FOREST_AWS_AUTOSCALING_H
#define FOREST_AWS_AUTOSCALING_H

#include "backend/aws/tags.h"

// `resource` is "service/CLUSTER/SERVICE". ERR_NOT_FOUND when not registered.
bool scaling_get_target(struct aws_client *c, const char *resource, long *out_min, long *out_max,
                        struct err *err);
bool scaling_get_policy(struct aws_client *c, const char *resource, const char *name,
                        double *out_target, struct err *err);
bool scaling_register(struct aws_client *c, const char *resource, long min, long max,
                      const struct aws_tags *tags, struct err *err);
bool scaling_put_cpu_policy(struct aws_client *c, const char *resource, const char *name,
                            unsigned percent, char **out_arn, struct err *err);
bool scaling_deregister(struct aws_client *c, const char *resource,
                        struct err *err); // policies and alarms too

// The ARN of everything in this region that carries tag key=value, as the tagging API sees it: it
// lags, keeps deleted things for a while and never knows IAM roles, so it is a hint, not a proof.
bool tagging_each(struct aws_client *c, const char *key, const char *value,
                  bool (*each)(void *context, const char *arn, struct err *err), void *context,
                  struct err *err);
// The same for everything that carries the tag, whatever its value, with all its tags:
// [{"Key","Value"}], borrowed.
bool tagging_each_tagged(struct aws_client *c, const char *key,
                         bool (*each)(void *context, const char *arn, const struct json *tags,
                                      struct err *err),
                         void *context, struct err *err);
// Gives all of them these tags ({"Key": "Value"}), or takes away those of these names (an array);
// exactly one of the two. At most TAGGING_MAX ARNs a call, none of roles. What could not be changed
// is in *failed: {ARN: {"ErrorCode", "ErrorMessage"}}; the caller's. May be repeated.
enum { TAGGING_MAX = 20 };
bool tagging_write(struct aws_client *c, const struct json *arns, const struct json *tags,
                   const struct json *keys, struct json **failed, struct err *err);

#endif
