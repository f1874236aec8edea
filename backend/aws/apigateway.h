// SPDX-License-Identifier: MIT
// API Gateway v2: one HTTP API, one VPC link, one integration, one route, one stage. Lists call
// `item` for each object of every page; false from it stops without being an error.
#ifndef FOREST_AWS_APIGATEWAY_H
#define FOREST_AWS_APIGATEWAY_H

#include "backend/aws/tags.h"

// A function type, so that five prototypes stay readable.
typedef bool apigw_item(void *context, const struct json *object);

bool apigw_each_api(struct aws_client *c, apigw_item *item, void *context, struct err *err);
bool apigw_create_api(struct aws_client *c, const char *name, const char *description,
                      const struct aws_tags *tags, char **out_id, char **out_endpoint,
                      struct err *err);
bool apigw_delete_api(struct aws_client *c, const char *api, struct err *err);

bool apigw_each_link(struct aws_client *c, apigw_item *item, void *context, struct err *err);
// *out_status: PENDING, AVAILABLE, FAILED, DELETING, INACTIVE; ERR_NOT_FOUND when gone.
bool apigw_get_link(struct aws_client *c, const char *link, char **out_status, char **out_message,
                    struct err *err);
// `subnets` and `groups` are comma lists; they cannot be changed later.
bool apigw_create_link(struct aws_client *c, const char *name, const char *subnets,
                       const char *groups, const struct aws_tags *tags, char **out_id,
                       struct err *err);
bool apigw_delete_link(struct aws_client *c, const char *link, struct err *err);

bool apigw_each_integration(struct aws_client *c, const char *api, apigw_item *item, void *context,
                            struct err *err);
// Integrations carry no tags: `marker` goes into the description.
bool apigw_create_integration(struct aws_client *c, const char *api, const char *link,
                              const char *listener, const char *marker, char **out_id,
                              struct err *err);
bool apigw_update_integration(struct aws_client *c, const char *api, const char *integration,
                              const char *link, const char *listener, struct err *err);
bool apigw_delete_integration(struct aws_client *c, const char *api, const char *integration,
                              struct err *err);

bool apigw_each_route(struct aws_client *c, const char *api, apigw_item *item, void *context,
                      struct err *err);
bool apigw_create_route(struct aws_client *c, const char *api, const char *key,
                        const char *integration, char **out_id, struct err *err);
bool apigw_update_route(struct aws_client *c, const char *api, const char *route, const char *key,
                        const char *integration, struct err *err);
bool apigw_delete_route(struct aws_client *c, const char *api, const char *route, struct err *err);

// The $default stage. *out_message is its lastDeploymentStatusMessage or NULL; ERR_NOT_FOUND when
// absent.
bool apigw_get_stage(struct aws_client *c, const char *api, char **out_message, struct err *err);
bool apigw_create_stage(struct aws_client *c, const char *api, const struct aws_tags *tags,
                        struct err *err);
bool apigw_delete_stage(struct aws_client *c, const char *api, struct err *err);

#endif
