// SPDX-License-Identifier: MIT
// Tags in the shapes that the services want them, and the query calls' shorthand.
#ifndef FOREST_AWS_TAGS_H
#define FOREST_AWS_TAGS_H

#include "backend/aws/call.h"

struct aws_tag {
    const char *key;
    const char *value;
};
struct aws_tags { // borrowed
    const struct aws_tag *items;
    size_t count;
};

void aws_param_tags(struct aws_params *p,
                    const struct aws_tags *tags); // IAM, ELBv2: Tags.member.N.Key
void aws_param_tag_specification(struct aws_params *p, const char *resource_type,
                                 const struct aws_tags *tags); // EC2
struct json *aws_tags_list(const struct aws_tags *tags, const char *key_name,
                           const char *value_name);
struct json *aws_tags_map(const struct aws_tags *tags);

// The value of one tag in an answer, borrowed, or NULL.
const char *aws_tag_in_xml(const struct xml_node *node, const char *path, const char *key_name,
                           const char *value_name, const char *key);
const char *aws_tag_in_list(const struct json *list, const char *key_name, const char *value_name,
                            const char *key);

// aws_query() with name, value, ..., NULL; a NULL value leaves the parameter out.
bool aws_query_with(struct aws_client *client, enum aws_service service, const char *action,
                    unsigned flags, struct xml **out, struct err *err, ...)
    __attribute__((sentinel));

// Every item of a paginated query call, in order; `item` is called with each; false from it stops
// (its err is kept). `token_in` is the request's parameter, `token_out` the answer's path below the
// root. `params` may be NULL.
struct aws_listing {
    enum aws_service service;
    const char *action;
    const struct aws_params *params;
    const char *items;     // "vpcSet/item" below the root
    const char *token_in;  // "NextToken"
    const char *token_out; // "nextToken"
    bool (*item)(void *context, const struct xml_node *node, struct err *err);
    void *context;
};
bool aws_list(struct aws_client *client, const struct aws_listing *listing, struct err *err);

#endif
