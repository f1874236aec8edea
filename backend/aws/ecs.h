// SPDX-License-Identifier: MIT
// ECS: cluster, task definition, service, tasks. Bodies and answers are the service's own JSON: the
// shapes are long and the steps that use them read like the documentation.
#ifndef FOREST_AWS_ECS_H
#define FOREST_AWS_ECS_H

#include "backend/aws/tags.h"

// The ACTIVE cluster of that name with its tags; ERR_NOT_FOUND when MISSING or INACTIVE.
bool ecs_get_cluster(struct aws_client *c, const char *name, struct json **out, struct err *err);
bool ecs_create_cluster(struct aws_client *c, const char *name, const struct aws_tags *tags,
                        char **out_arn, struct err *err);
bool ecs_delete_cluster(struct aws_client *c, const char *arn, struct err *err);

// The newest ACTIVE revision of a family, {"taskDefinition", "tags"}; ERR_NOT_FOUND when there is
// none.
bool ecs_get_task_definition(struct aws_client *c, const char *family, struct json **out,
                             struct err *err);
bool ecs_register_task_definition(struct aws_client *c, const struct json *body, char **out_arn,
                                  struct err *err);
bool ecs_each_task_definition(struct aws_client *c, const char *family, const char *status,
                              bool (*item)(void *context, const char *arn), void *context,
                              struct err *err);
bool ecs_deregister_task_definition(struct aws_client *c, const char *arn, struct err *err);
bool ecs_delete_task_definition(struct aws_client *c, const char *arn, struct err *err);

// The service object as DescribeServices gives it, whatever its status; ERR_NOT_FOUND when MISSING.
bool ecs_get_service(struct aws_client *c, const char *cluster, const char *service,
                     struct json **out, struct err *err);
bool ecs_create_service(struct aws_client *c, const struct json *body, char **out_arn,
                        struct err *err);
bool ecs_update_service(struct aws_client *c, const struct json *body, struct err *err);
bool ecs_delete_service(struct aws_client *c, const char *cluster, const char *service,
                        struct err *err);
// Up to 100 tasks of the service with that desired status ("RUNNING", "STOPPED"), described; *out
// is an array.
bool ecs_tasks(struct aws_client *c, const char *cluster, const char *service,
               const char *desired_status, struct json **out, struct err *err);

#endif
