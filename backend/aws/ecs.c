// SPDX-License-Identifier: MIT
#include "backend/aws/ecs.h"

#include "backend/base/mem.h"

static struct json *one(const char *text)
{
    struct json *list = json_array();
    json_push_str(list, text);
    return list;
}

// Takes the body.
static bool call(struct aws_client *c, const char *operation, struct json *body, unsigned flags,
                 struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, AWS_ECS, operation, sent, flags, out, err);
}

static bool take_arn(const struct json *answer, const char *path, const char *operation,
                     char **out_arn, struct err *err)
{
    const char *arn = json_str(answer, path);
    if (!arn)
        return err_set(err, ERR_REMOTE, "the answer to %s has no %s", operation, path);
    *out_arn = mem_strdup(arn);
    return true;
}

bool ecs_get_cluster(struct aws_client *c, const char *name, struct json **out, struct err *err)
{
    struct json *body = json_object();
    json_put(body, "clusters", one(name));
    json_put(body, "include", one("TAGS"));
    JSON_AUTO *answer = NULL;
    if (!call(c, "DescribeClusters", body, AWS_READ, &answer, err))
        return false;
    const struct json *cluster = json_path(answer, "clusters.0");
    // Deleted clusters stay visible as INACTIVE; absence is a failure entry with HTTP 200.
    if (!str_eq(json_str(cluster, "status"), "ACTIVE"))
        return err_set(err, ERR_NOT_FOUND, "there is no cluster %s", name);
    *out = json_copy(cluster);
    return true;
}

bool ecs_create_cluster(struct aws_client *c, const char *name, const struct aws_tags *tags,
                        char **out_arn, struct err *err)
{
    struct json *body = json_strings("clusterName", name, NULL);
    struct json *providers = json_put(body, "capacityProviders", json_array());
    json_push_str(providers, "FARGATE");
    json_push_str(providers, "FARGATE_SPOT");
    struct json *strategy =
        json_push(json_put(body, "defaultCapacityProviderStrategy", json_array()),
                  json_strings("capacityProvider", "FARGATE", NULL));
    json_put_int(strategy, "weight", 1);
    json_put_int(strategy, "base", 1);
    json_push(json_put(body, "settings", json_array()),
              json_strings("name", "containerInsights", "value", "disabled", NULL));
    json_put(body, "tags", aws_tags_list(tags, "key", "value"));
    JSON_AUTO *answer = NULL;
    return call(c, "CreateCluster", body, AWS_SAFE, &answer, err) &&
           take_arn(answer, "cluster.clusterArn", "CreateCluster", out_arn, err);
}

bool ecs_delete_cluster(struct aws_client *c, const char *arn, struct err *err)
{
    return call(c, "DeleteCluster", json_strings("cluster", arn, NULL), AWS_SAFE, NULL, err);
}

bool ecs_get_task_definition(struct aws_client *c, const char *family, struct json **out,
                             struct err *err)
{
    struct json *body = json_strings("taskDefinition", family, NULL);
    json_put(body, "include", one("TAGS"));
    ERR_AUTO e = {0};
    if (call(c, "DescribeTaskDefinition", body, AWS_READ, out, &e))
        return true;
    if (err_is(&e, "ClientException") && err_says(&e, "Unable to describe task definition"))
        e.kind = ERR_NOT_FOUND;
    err_move(err, &e);
    return false;
}

bool ecs_register_task_definition(struct aws_client *c, const struct json *body, char **out_arn,
                                  struct err *err)
{
    JSON_AUTO *answer = NULL;
    return aws_json(c, AWS_ECS, "RegisterTaskDefinition", body, AWS_WRITE, &answer, err) &&
           take_arn(answer, "taskDefinition.taskDefinitionArn", "RegisterTaskDefinition", out_arn,
                    err);
}

struct definitions {
    struct aws_client *client;
    const char *family, *status;
    bool (*item)(void *context, const char *arn);
    void *context;
};

static bool definitions_page(void *context, const char *token, char **next, struct err *err)
{
    struct definitions *d = context;
    struct json *body =
        json_strings("familyPrefix", d->family, "status", d->status, "sort", "DESC", NULL);
    json_put_str(body, "nextToken", token);
    JSON_AUTO *answer = NULL;
    if (!call(d->client, "ListTaskDefinitions", body, AWS_READ, &answer, err))
        return false;
    for (const struct json *n = json_first(json_get(answer, "taskDefinitionArns")); n;
         n = json_next(n))
        if (!d->item(d->context, json_text(n)))
            return true;
    const char *after = json_str(answer, "nextToken");
    if (!str_empty(after))
        *next = mem_strdup(after);
    return true;
}

bool ecs_each_task_definition(struct aws_client *c, const char *family, const char *status,
                              bool (*item)(void *context, const char *arn), void *context,
                              struct err *err)
{
    struct definitions d = {c, family, status, item, context};
    return aws_pages(definitions_page, &d, err);
}

bool ecs_deregister_task_definition(struct aws_client *c, const char *arn, struct err *err)
{
    return call(c, "DeregisterTaskDefinition", json_strings("taskDefinition", arn, NULL), AWS_SAFE,
                NULL, err);
}

bool ecs_delete_task_definition(struct aws_client *c, const char *arn, struct err *err)
{
    struct json *body = json_object();
    json_put(body, "taskDefinitions", one(arn));
    return call(c, "DeleteTaskDefinitions", body, AWS_SAFE, NULL, err);
}

bool ecs_get_service(struct aws_client *c, const char *cluster, const char *service,
                     struct json **out, struct err *err)
{
    struct json *body = json_strings("cluster", cluster, NULL);
    json_put(body, "services", one(service));
    json_put(body, "include", one("TAGS"));
    JSON_AUTO *answer = NULL;
    if (!call(c, "DescribeServices", body, AWS_READ, &answer, err))
        return false;
    const struct json *found = json_path(answer, "services.0");
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "there is no service %s", service);
    *out = json_copy(found);
    return true;
}

bool ecs_create_service(struct aws_client *c, const struct json *body, char **out_arn,
                        struct err *err)
{
    JSON_AUTO *answer = NULL;
    return aws_json(c, AWS_ECS, "CreateService", body, AWS_SAFE, &answer, err) &&
           take_arn(answer, "service.serviceArn", "CreateService", out_arn, err);
}

bool ecs_update_service(struct aws_client *c, const struct json *body, struct err *err)
{
    return aws_json(c, AWS_ECS, "UpdateService", body, AWS_WRITE, NULL, err);
}

bool ecs_delete_service(struct aws_client *c, const char *cluster, const char *service,
                        struct err *err)
{
    struct json *body = json_strings("cluster", cluster, "service", service, NULL);
    json_put_bool(body, "force", true);
    return call(c, "DeleteService", body, AWS_SAFE, NULL, err);
}

bool ecs_tasks(struct aws_client *c, const char *cluster, const char *service,
               const char *desired_status, struct json **out, struct err *err)
{
    struct json *body = json_strings("cluster", cluster, "serviceName", service, "desiredStatus",
                                     desired_status, NULL);
    JSON_AUTO *listed = NULL;
    if (!call(c, "ListTasks", body, AWS_READ, &listed, err))
        return false;
    const struct json *arns = json_get(listed, "taskArns");
    if (json_count(arns) == 0) {
        *out = json_array();
        return true;
    }
    struct json *ask = json_strings("cluster", cluster, NULL);
    json_put(ask, "tasks", json_copy(arns));
    JSON_AUTO *described = NULL;
    if (!call(c, "DescribeTasks", ask, AWS_READ, &described, err))
        return false;
    *out = json_copy(json_get(described, "tasks"));
    return true;
}
