// SPDX-License-Identifier: MIT
#include "backend/aws/apigateway.h"

#include <stdarg.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"

// "/v2/apis/<id>/stages/%24default" from segments, each percent-encoded once; ends with NULL.
static char *path_of(const char *first, ...)
{
    struct str out;
    str_init(&out, STR_LINE);
    str_add(&out, "/v2");
    va_list args;
    va_start(args, first);
    for (const char *segment = first; segment; segment = va_arg(args, const char *)) {
        AUTO_FREE char *encoded = encode_uri(segment, strlen(segment), false);
        str_addf(&out, "/%s", encoded);
    }
    va_end(args);
    return str_take(&out);
}

struct listing {
    struct aws_client *client;
    const char *operation;
    const char *path;
    apigw_item *item;
    void *context;
    bool stopped;
};

static bool list_page(void *context, const char *token, char **next, struct err *err)
{
    struct listing *l = context;
    AUTO_FREE char *encoded = token ? encode_uri(token, strlen(token), false) : NULL;
    AUTO_FREE char *path = token ? mem_printf("%s?maxResults=100&nextToken=%s", l->path, encoded)
                                 : mem_printf("%s?maxResults=100", l->path);
    JSON_AUTO *answer = NULL;
    if (!aws_rest(l->client, AWS_APIGATEWAY, l->operation, "GET", path, NULL, AWS_READ, &answer,
                  err))
        return false;
    for (const struct json *o = json_first(json_get(answer, "items")); o && !l->stopped;
         o = json_next(o))
        l->stopped = !l->item(l->context, o);
    const char *token_out = json_str(answer, "nextToken");
    if (!str_empty(token_out) && !l->stopped)
        *next = mem_strdup(token_out);
    return true;
}

static bool each(struct aws_client *c, const char *operation, const char *path, apigw_item *item,
                 void *context, struct err *err)
{
    struct listing l = {c, operation, path, item, context, false};
    return aws_pages(list_page, &l, err);
}

// A create call whose answer holds an id. Takes the body.
static bool create(struct aws_client *c, const char *operation, const char *path, struct json *body,
                   const char *id_name, char **out_id, struct json **out_answer, struct err *err)
{
    JSON_AUTO *sent = body;
    JSON_AUTO *answer = NULL;
    if (!aws_rest(c, AWS_APIGATEWAY, operation, "POST", path, sent, AWS_WRITE, &answer, err))
        return false;
    const char *id = json_str(answer, id_name);
    if (str_empty(id)) {
        err_set(err, ERR_REMOTE, "the answer to %s has no %s", operation, id_name);
        if (err)
            err->outcome_unknown = true;
        return false;
    }
    *out_id = mem_strdup(id);
    if (out_answer)
        *out_answer = mem_steal(answer);
    return true;
}

static bool del(struct aws_client *c, const char *operation, const char *path, struct err *err)
{
    return aws_rest(c, AWS_APIGATEWAY, operation, "DELETE", path, NULL, AWS_SAFE, NULL, err);
}

bool apigw_each_api(struct aws_client *c, apigw_item *item, void *context, struct err *err)
{
    return each(c, "GetApis", "/v2/apis", item, context, err);
}

bool apigw_create_api(struct aws_client *c, const char *name, const char *description,
                      const struct aws_tags *tags, char **out_id, char **out_endpoint,
                      struct err *err)
{
    // No corsConfiguration: with one, API Gateway answers preflights itself and drops the agent's
    // headers.
    struct json *body =
        json_strings("name", name, "protocolType", "HTTP", "description", description, NULL);
    json_put(body, "tags", aws_tags_map(tags));
    JSON_AUTO *answer = NULL;
    if (!create(c, "CreateApi", "/v2/apis", body, "apiId", out_id, &answer, err))
        return false;
    *out_endpoint = mem_strdup(json_str_or(answer, "apiEndpoint", ""));
    return true;
}

bool apigw_delete_api(struct aws_client *c, const char *api, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, NULL);
    return del(c, "DeleteApi", path, err);
}

bool apigw_each_link(struct aws_client *c, apigw_item *item, void *context, struct err *err)
{
    return each(c, "GetVpcLinks", "/v2/vpclinks", item, context, err);
}

bool apigw_get_link(struct aws_client *c, const char *link, char **out_status, char **out_message,
                    struct err *err)
{
    AUTO_FREE char *path = path_of("vpclinks", link, NULL);
    JSON_AUTO *answer = NULL;
    if (!aws_rest(c, AWS_APIGATEWAY, "GetVpcLink", "GET", path, NULL, AWS_READ, &answer, err))
        return false;
    *out_status = mem_strdup(json_str_or(answer, "vpcLinkStatus", ""));
    *out_message = mem_strdup(json_str_or(answer, "vpcLinkStatusMessage", ""));
    return true;
}

static struct json *text_list(const char *values)
{
    struct json *list = json_array();
    for (const char *from = values; *from;) {
        size_t length = strcspn(from, ",");
        AUTO_FREE char *value = mem_strndup(from, length);
        json_push_str(list, value);
        from += from[length] ? length + 1 : length;
    }
    return list;
}

bool apigw_create_link(struct aws_client *c, const char *name, const char *subnets,
                       const char *groups, const struct aws_tags *tags, char **out_id,
                       struct err *err)
{
    struct json *body = json_strings("name", name, NULL);
    json_put(body, "subnetIds", text_list(subnets));
    json_put(body, "securityGroupIds", text_list(groups));
    json_put(body, "tags", aws_tags_map(tags));
    return create(c, "CreateVpcLink", "/v2/vpclinks", body, "vpcLinkId", out_id, NULL, err);
}

bool apigw_delete_link(struct aws_client *c, const char *link, struct err *err)
{
    AUTO_FREE char *path = path_of("vpclinks", link, NULL);
    return del(c, "DeleteVpcLink", path, err);
}

bool apigw_each_integration(struct aws_client *c, const char *api, apigw_item *item, void *context,
                            struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "integrations", NULL);
    return each(c, "GetIntegrations", path, item, context, err);
}

bool apigw_create_integration(struct aws_client *c, const char *api, const char *link,
                              const char *listener, const char *marker, char **out_id,
                              struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "integrations", NULL);
    struct json *body =
        json_strings("integrationType", "HTTP_PROXY", "integrationMethod", "ANY", "connectionType",
                     "VPC_LINK", "connectionId", link, "integrationUri", listener,
                     "payloadFormatVersion", "1.0", "description", marker, NULL);
    json_put_int(body, "timeoutInMillis", 30000);
    return create(c, "CreateIntegration", path, body, "integrationId", out_id, NULL, err);
}

bool apigw_update_integration(struct aws_client *c, const char *api, const char *integration,
                              const char *link, const char *listener, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "integrations", integration, NULL);
    JSON_AUTO *body = json_strings("connectionId", link, "integrationUri", listener, NULL);
    return aws_rest(c, AWS_APIGATEWAY, "UpdateIntegration", "PATCH", path, body, AWS_SAFE, NULL,
                    err);
}

bool apigw_delete_integration(struct aws_client *c, const char *api, const char *integration,
                              struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "integrations", integration, NULL);
    return del(c, "DeleteIntegration", path, err);
}

bool apigw_each_route(struct aws_client *c, const char *api, apigw_item *item, void *context,
                      struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "routes", NULL);
    return each(c, "GetRoutes", path, item, context, err);
}

bool apigw_create_route(struct aws_client *c, const char *api, const char *key,
                        const char *integration, char **out_id, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "routes", NULL);
    AUTO_FREE char *target = mem_printf("integrations/%s", integration);
    struct json *body =
        json_strings("routeKey", key, "target", target, "authorizationType", "NONE", NULL);
    return create(c, "CreateRoute", path, body, "routeId", out_id, NULL, err);
}

bool apigw_update_route(struct aws_client *c, const char *api, const char *route, const char *key,
                        const char *integration, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "routes", route, NULL);
    AUTO_FREE char *target = mem_printf("integrations/%s", integration);
    JSON_AUTO *body = json_strings("routeKey", key, "target", target, NULL);
    return aws_rest(c, AWS_APIGATEWAY, "UpdateRoute", "PATCH", path, body, AWS_SAFE, NULL, err);
}

bool apigw_delete_route(struct aws_client *c, const char *api, const char *route, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "routes", route, NULL);
    return del(c, "DeleteRoute", path, err);
}

bool apigw_get_stage(struct aws_client *c, const char *api, char **out_message, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "stages", "$default", NULL);
    JSON_AUTO *answer = NULL;
    if (!aws_rest(c, AWS_APIGATEWAY, "GetStage", "GET", path, NULL, AWS_READ, &answer, err))
        return false;
    const char *message = json_str(answer, "lastDeploymentStatusMessage");
    *out_message = message ? mem_strdup(message) : NULL;
    return true;
}

bool apigw_create_stage(struct aws_client *c, const char *api, const struct aws_tags *tags,
                        struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "stages", NULL);
    JSON_AUTO *body = json_strings("stageName", "$default", NULL);
    json_put_bool(body, "autoDeploy", true);
    json_put(body, "tags", aws_tags_map(tags));
    // The name is unique within the API: a repeat is ConflictException, which the step settles by
    // looking.
    return aws_rest(c, AWS_APIGATEWAY, "CreateStage", "POST", path, body, AWS_WRITE, NULL, err);
}

bool apigw_delete_stage(struct aws_client *c, const char *api, struct err *err)
{
    AUTO_FREE char *path = path_of("apis", api, "stages", "$default", NULL);
    return del(c, "DeleteStage", path, err);
}
