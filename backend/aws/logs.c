// SPDX-License-Identifier: MIT
#include "backend/aws/logs.h"

#include <string.h>

#include "backend/base/mem.h"

static bool call(struct aws_client *c, const char *operation, struct json *body, unsigned flags,
                 struct json **out, struct err *err)
{
    JSON_AUTO *sent = body;
    return aws_json(c, AWS_LOGS, operation, sent, flags, out, err);
}

struct group_search {
    struct aws_client *client;
    const char *name;
    char *arn;
    unsigned days;
};

static bool group_page(void *context, const char *token, char **next, struct err *err)
{
    struct group_search *s = context;
    struct json *body = json_strings("logGroupNamePrefix", s->name, NULL);
    json_put_str(body, "nextToken", token);
    JSON_AUTO *answer = NULL;
    if (!call(s->client, "DescribeLogGroups", body, AWS_READ, &answer, err))
        return false;
    for (const struct json *g = json_first(json_get(answer, "logGroups")); g; g = json_next(g)) {
        if (!str_eq(json_str(g, "logGroupName"), s->name)) // the prefix matches others too
            continue;
        str_replace(&s->arn, json_str_or(g, "logGroupArn", json_str(g, "arn")));
        s->days = (unsigned)json_int(g, "retentionInDays", 0);
    }
    const char *after = json_str(answer, "nextToken");
    if (!str_empty(after) && !s->arn)
        *next = mem_strdup(after);
    return true;
}

bool logs_find_group(struct aws_client *c, const char *name, char **out_arn, unsigned *out_days,
                     struct err *err)
{
    struct group_search s = {.client = c, .name = name};
    if (!aws_pages(group_page, &s, err)) {
        mem_free(s.arn);
        return false;
    }
    if (!s.arn)
        return err_set(err, ERR_NOT_FOUND, "there is no log group %s", name);
    if (str_ends(s.arn, ":*"))
        s.arn[strlen(s.arn) - 2] = '\0';
    *out_arn = s.arn;
    *out_days = s.days;
    return true;
}

bool logs_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "ListTagsForResource", json_strings("resourceArn", arn, NULL), AWS_READ, &answer,
              err))
        return false;
    const char *value = json_text(json_get(json_get(answer, "tags"), key));
    *out = value ? mem_strdup(value) : NULL;
    return true;
}

bool logs_tags(struct aws_client *c, const char *arn, struct json **out, struct err *err)
{
    JSON_AUTO *answer = NULL;
    if (!call(c, "ListTagsForResource", json_strings("resourceArn", arn, NULL), AWS_READ, &answer,
              err))
        return false;
    const struct json *tags = json_get(answer, "tags");
    *out = tags ? json_copy(tags) : json_object();
    return true;
}

bool logs_put_tags(struct aws_client *c, const char *arn, const struct aws_tags *tags,
                   struct err *err)
{
    struct json *body = json_strings("resourceArn", arn, NULL);
    json_put(body, "tags", aws_tags_map(tags));
    return call(c, "TagResource", body, AWS_SAFE, NULL, err);
}

struct group_walk {
    struct aws_client *client;
    const char *prefix;
    void (*each)(void *context, const char *name, int64_t created_ms);
    void *context;
};

static bool walk_page(void *context, const char *token, char **next, struct err *err)
{
    struct group_walk *w = context;
    struct json *body = json_strings("logGroupNamePrefix", w->prefix, NULL);
    json_put_str(body, "nextToken", token);
    JSON_AUTO *answer = NULL;
    if (!call(w->client, "DescribeLogGroups", body, AWS_READ, &answer, err))
        return false;
    for (const struct json *g = json_first(json_get(answer, "logGroups")); g; g = json_next(g)) {
        const char *name = json_str_or(g, "logGroupName", "");
        if (str_starts(name, w->prefix))
            w->each(w->context, name, json_int(g, "creationTime", 0));
    }
    const char *after = json_str(answer, "nextToken");
    if (!str_empty(after))
        *next = mem_strdup(after);
    return true;
}

bool logs_each_group(struct aws_client *c, const char *prefix,
                     void (*each)(void *context, const char *name, int64_t created_ms),
                     void *context, struct err *err)
{
    struct group_walk w = {c, prefix, each, context};
    return aws_pages(walk_page, &w, err);
}

bool logs_create_group(struct aws_client *c, const char *name, const char *kms_key_arn,
                       const struct aws_tags *tags, struct err *err)
{
    struct json *body = json_strings("logGroupName", name, NULL);
    json_put_str(body, "kmsKeyId", kms_key_arn);
    json_put(body, "tags", aws_tags_map(tags));
    return call(c, "CreateLogGroup", body, AWS_WRITE, NULL, err);
}

bool logs_put_retention(struct aws_client *c, const char *name, unsigned days, struct err *err)
{
    struct json *body = json_strings("logGroupName", name, NULL);
    json_put_int(body, "retentionInDays", days);
    return call(c, "PutRetentionPolicy", body, AWS_SAFE, NULL, err);
}

bool logs_delete_group(struct aws_client *c, const char *name, struct err *err)
{
    return call(c, "DeleteLogGroup", json_strings("logGroupName", name, NULL), AWS_SAFE, NULL, err);
}

bool logs_tail_stream(struct aws_client *c, const char *group, const char *stream, unsigned limit,
                      struct json **out, struct err *err)
{
    struct json *body = json_strings("logGroupName", group, "logStreamName", stream, NULL);
    json_put_bool(body, "startFromHead", false);
    json_put_int(body, "limit", limit);
    return call(c, "GetLogEvents", body, AWS_READ, out, err);
}

struct since {
    struct aws_client *client;
    const char *group;
    int64_t since_ms;
    bool (*each)(void *context, int64_t at_ms, const char *event_id, const char *message);
    void *context;
};

static bool since_page(void *context, const char *token, char **next, struct err *err)
{
    struct since *s = context;
    struct json *body = json_strings("logGroupName", s->group, NULL);
    json_put_int(body, "startTime", s->since_ms);
    json_put_str(body, "nextToken", token);
    JSON_AUTO *answer = NULL;
    if (!call(s->client, "FilterLogEvents", body, AWS_READ, &answer, err))
        return false;
    for (const struct json *e = json_first(json_get(answer, "events")); e; e = json_next(e))
        if (!s->each(s->context, json_int(e, "timestamp", 0), json_str_or(e, "eventId", ""),
                     json_str_or(e, "message", "")))
            return true;
    // An empty page may carry a token: the loop goes by the token alone.
    const char *after = json_str(answer, "nextToken");
    if (!str_empty(after))
        *next = mem_strdup(after);
    return true;
}

bool logs_since(struct aws_client *c, const char *group, int64_t since_ms,
                bool (*each)(void *context, int64_t at_ms, const char *event_id,
                             const char *message),
                void *context, struct err *err)
{
    struct since s = {c, group, since_ms, each, context};
    return aws_pages(since_page, &s, err);
}

bool logs_cursor_new(struct logs_cursor *cursor, int64_t at_ms, const char *event_id)
{
    if (at_ms < cursor->newest_ms)
        return false;
    if (at_ms > cursor->newest_ms || !cursor->newest_ids) {
        cursor->newest_ms = at_ms;
        str_replace(&cursor->newest_ids, event_id);
        return true;
    }
    // Event ids are digits, so a whole id between commas cannot be part of another.
    AUTO_FREE char *framed = mem_printf(",%s,", cursor->newest_ids);
    AUTO_FREE char *wanted = mem_printf(",%s,", event_id);
    if (strstr(framed, wanted))
        return false;
    char *joined = mem_printf("%s,%s", cursor->newest_ids, event_id);
    mem_free(cursor->newest_ids);
    cursor->newest_ids = joined;
    return true;
}

void logs_cursor_clear(struct logs_cursor *cursor)
{
    mem_free(cursor->newest_ids);
    *cursor = (struct logs_cursor){0};
}
