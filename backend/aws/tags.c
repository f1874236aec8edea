// SPDX-License-Identifier: MIT
#include "backend/aws/tags.h"

#include <stdarg.h>

#include "backend/base/mem.h"

void aws_param_tags(struct aws_params *p, const struct aws_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        aws_param(p, tags->items[i].key, "Tags.member.%zu.Key", i + 1);
        aws_param(p, tags->items[i].value, "Tags.member.%zu.Value", i + 1);
    }
}

void aws_param_tag_specification(struct aws_params *p, const char *resource_type,
                                 const struct aws_tags *tags)
{
    aws_param(p, resource_type, "TagSpecification.1.ResourceType");
    for (size_t i = 0; i < tags->count; i++) {
        aws_param(p, tags->items[i].key, "TagSpecification.1.Tag.%zu.Key", i + 1);
        aws_param(p, tags->items[i].value, "TagSpecification.1.Tag.%zu.Value", i + 1);
    }
}

struct json *aws_tags_list(const struct aws_tags *tags, const char *key_name,
                           const char *value_name)
{
    struct json *list = json_array();
    for (size_t i = 0; i < tags->count; i++) {
        struct json *tag = json_push(list, json_object());
        json_put_str(tag, key_name, tags->items[i].key);
        json_put_str(tag, value_name, tags->items[i].value);
    }
    return list;
}

struct json *aws_tags_map(const struct aws_tags *tags)
{
    struct json *map = json_object();
    for (size_t i = 0; i < tags->count; i++)
        json_put_str(map, tags->items[i].key, tags->items[i].value);
    return map;
}

const char *aws_tag_in_xml(const struct xml_node *node, const char *path, const char *key_name,
                           const char *value_name, const char *key)
{
    for (const struct xml_node *tag = xml_find(node, path); tag; tag = xml_next(tag))
        if (xml_is(tag, key_name, key))
            return xml_str(tag, value_name);
    return NULL;
}

const char *aws_tag_in_list(const struct json *list, const char *key_name, const char *value_name,
                            const char *key)
{
    for (const struct json *tag = json_first(list); tag; tag = json_next(tag))
        if (str_eq(json_str(tag, key_name), key))
            return json_str(tag, value_name);
    return NULL;
}

bool aws_query_with(struct aws_client *client, enum aws_service service, const char *action,
                    unsigned flags, struct xml **out, struct err *err, ...)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    va_list args;
    va_start(args, err);
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *))
        aws_param(&p, va_arg(args, const char *), "%s", name);
    va_end(args);
    return aws_query(client, service, action, &p, flags, out, err);
}

struct list_state {
    struct aws_client *client;
    const struct aws_listing *listing;
};

static bool list_page(void *context, const char *token, char **next, struct err *err)
{
    const struct list_state *s = context;
    const struct aws_listing *l = s->listing;
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    if (l->params)
        str_add(&p.body, l->params->body.data);
    aws_param(&p, token, "%s", l->token_in);
    XML_AUTO *answer = NULL;
    if (!aws_query(s->client, l->service, l->action, &p, AWS_READ, &answer, err))
        return false;
    const struct xml_node *root = xml_root(answer);
    for (const struct xml_node *node = xml_find(root, l->items); node; node = xml_next(node))
        if (!l->item(l->context, node, err))
            return false;
    const char *token_out = xml_str(root, l->token_out);
    if (!str_empty(token_out))
        *next = mem_strdup(token_out);
    return true;
}

bool aws_list(struct aws_client *client, const struct aws_listing *listing, struct err *err)
{
    struct list_state state = {client, listing};
    return aws_pages(list_page, &state, err);
}
