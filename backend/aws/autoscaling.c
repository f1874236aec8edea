// SPDX-License-Identifier: MIT
#include "backend/aws/autoscaling.h"

#include "backend/base/mem.h"

static bool call(struct aws_client *c, enum aws_service service, const char *operation,
                 struct json *body, unsigned flags, struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, service, operation, sent, flags, out, err);
}

static struct json *about(const char *resource)
{
    return json_strings("ServiceNamespace", "ecs", "ResourceId", resource, "ScalableDimension",
                        "ecs:service:DesiredCount", NULL);
}

bool scaling_get_target(struct aws_client *c, const char *resource, long *out_min, long *out_max,
                        struct err *err)
{
    struct json *body = json_strings("ServiceNamespace", "ecs", "ScalableDimension",
                                     "ecs:service:DesiredCount", NULL);
    json_push_str(json_put(body, "ResourceIds", json_array()), resource);
    JSON_AUTO *answer = NULL;
    if (!call(c, AWS_AUTOSCALING, "DescribeScalableTargets", body, AWS_READ, &answer, err))
        return false;
    const struct json *target = json_path(answer, "ScalableTargets.0");
    if (!target)
        return err_set(err, ERR_NOT_FOUND, "the service does not scale by itself");
    *out_min = (long)json_int(target, "MinCapacity", 0);
    *out_max = (long)json_int(target, "MaxCapacity", 0);
    return true;
}

bool scaling_get_policy(struct aws_client *c, const char *resource, const char *name,
                        double *out_target, struct err *err)
{
    struct json *body = about(resource);
    json_push_str(json_put(body, "PolicyNames", json_array()), name);
    JSON_AUTO *answer = NULL;
    if (!call(c, AWS_AUTOSCALING, "DescribeScalingPolicies", body, AWS_READ, &answer, err))
        return false;
    const struct json *policy = json_path(answer, "ScalingPolicies.0");
    if (!policy)
        return err_set(err, ERR_NOT_FOUND, "there is no scaling policy %s", name);
    *out_target = json_num(policy, "TargetTrackingScalingPolicyConfiguration.TargetValue", 0);
    return true;
}

bool scaling_register(struct aws_client *c, const char *resource, long min, long max,
                      const struct aws_tags *tags, struct err *err)
{
    struct json *body = about(resource);
    json_put_int(body, "MinCapacity", min);
    json_put_int(body, "MaxCapacity", max);
    if (tags) // accepted only when the target is registered for the first time
        json_put(body, "Tags", aws_tags_map(tags));
    return call(c, AWS_AUTOSCALING, "RegisterScalableTarget", body, AWS_SAFE, NULL, err);
}

bool scaling_put_cpu_policy(struct aws_client *c, const char *resource, const char *name,
                            unsigned percent, char **out_arn, struct err *err)
{
    struct json *body = about(resource);
    json_put_str(body, "PolicyName", name);
    json_put_str(body, "PolicyType", "TargetTrackingScaling");
    struct json *tracking =
        json_put(body, "TargetTrackingScalingPolicyConfiguration", json_object());
    json_put_num(tracking, "TargetValue", percent);
    json_put(tracking, "PredefinedMetricSpecification",
             json_strings("PredefinedMetricType", "ECSServiceAverageCPUUtilization", NULL));
    json_put_int(tracking, "ScaleOutCooldown", 60);
    json_put_int(tracking, "ScaleInCooldown", 300);
    JSON_AUTO *answer = NULL;
    if (!call(c, AWS_AUTOSCALING, "PutScalingPolicy", body, AWS_SAFE, &answer, err))
        return false;
    *out_arn = mem_strdup(json_str_or(answer, "PolicyARN", ""));
    return true;
}

bool scaling_deregister(struct aws_client *c, const char *resource, struct err *err)
{
    return call(c, AWS_AUTOSCALING, "DeregisterScalableTarget", about(resource), AWS_SAFE, NULL,
                err);
}

struct tagged {
    struct aws_client *client;
    const char *key, *value;
    bool (*each)(void *context, const char *arn, struct err *err);
    bool (*each_tagged)(void *context, const char *arn, const struct json *tags, struct err *err);
    void *context;
};

static bool tell_tagged(const struct tagged *t, const struct json *resource, struct err *err)
{
    const char *arn = json_str_or(resource, "ResourceARN", "");
    return t->each ? t->each(t->context, arn, err)
                   : t->each_tagged(t->context, arn, json_get(resource, "Tags"), err);
}

static bool tagged_page(void *context, const char *token, char **next, struct err *err)
{
    struct tagged *t = context;
    struct json *body = json_object();
    struct json *filter =
        json_push(json_put(body, "TagFilters", json_array()), json_strings("Key", t->key, NULL));
    if (t->value)
        json_push_str(json_put(filter, "Values", json_array()), t->value);
    json_put_int(body, "ResourcesPerPage", 100);
    json_put_str(body, "PaginationToken", token);
    JSON_AUTO *answer = NULL;
    if (!call(t->client, AWS_TAGGING, "GetResources", body, AWS_READ, &answer, err))
        return false;
    for (const struct json *r = json_first(json_get(answer, "ResourceTagMappingList")); r;
         r = json_next(r))
        if (!tell_tagged(t, r, err))
            return false;
    const char *after = json_str(answer, "PaginationToken");
    if (!str_empty(after))
        *next = mem_strdup(after);
    return true;
}

bool tagging_each(struct aws_client *c, const char *key, const char *value,
                  bool (*each)(void *context, const char *arn, struct err *err), void *context,
                  struct err *err)
{
    struct tagged t = {.client = c, .key = key, .value = value, .each = each, .context = context};
    return aws_pages(tagged_page, &t, err);
}

bool tagging_each_tagged(struct aws_client *c, const char *key,
                         bool (*each)(void *context, const char *arn, const struct json *tags,
                                      struct err *err),
                         void *context, struct err *err)
{
    struct tagged t = {.client = c, .key = key, .each_tagged = each, .context = context};
    return aws_pages(tagged_page, &t, err);
}

bool tagging_write(struct aws_client *c, const struct json *arns, const struct json *tags,
                   const struct json *keys, struct json **failed, struct err *err)
{
    struct json *body = json_object();
    json_put(body, "ResourceARNList", json_copy(arns));
    if (tags)
        json_put(body, "Tags", json_copy(tags));
    else
        json_put(body, "TagKeys", json_copy(keys));
    JSON_AUTO *answer = NULL;
    if (!call(c, AWS_TAGGING, tags ? "TagResources" : "UntagResources", body, AWS_SAFE, &answer,
              err))
        return false;
    const struct json *map = json_get(answer, "FailedResourcesMap");
    *failed = map ? json_copy(map) : json_object();
    return true;
}
