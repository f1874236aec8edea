// SPDX-License-Identifier: MIT
// The rows as one list, and a recorded request as the rows see it.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/rows_private.h"

enum { ROWS_MAX = 96 };

static const struct resource *all[ROWS_MAX];
static size_t all_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(const struct resource *rows, size_t count)
{
    for (size_t i = 0; i < count && all_count < ROWS_MAX; i++)
        all[all_count++] = &rows[i];
}

static void fill(void)
{
    add(network_rows, network_row_count);
    add(service_rows, service_row_count);
    add(address_rows, address_row_count);
}

const struct resource *const *export_resources(size_t *out_count)
{
    pthread_once(&once, fill);
    *out_count = all_count;
    return all;
}

// ---- one request of all its calls

static bool is_attributes(const struct json *member)
{
    return str_eq(json_key(member), "Attributes") && json_type(member) == JSON_ARRAY;
}

static void merge(struct json *into, const struct json *request)
{
    for (const struct json *m = json_first(request); m; m = json_next(m)) {
        if (!is_attributes(m)) {
            if (!json_get(into, json_key(m)))
                json_put(into, json_key(m), json_copy(m));
            continue;
        }
        struct json *map = json_put(into, "Attributes", json_object());
        for (const struct json *a = json_first(m); a; a = json_next(a))
            json_put_str(map, json_str(a, "Key"), json_str(a, "Value"));
    }
}

static void merge_calls(struct json *into, const struct record *record, const char *step,
                        const char *action)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq(record->calls[i].step, step) && str_eq(record->calls[i].action, action))
            merge(into, record->calls[i].request);
}

struct json *resource_request(const struct resource *r, const struct record *record)
{
    const struct json *own = record_request(record, r->step, r->part, r->action);
    if (!own)
        return NULL;
    struct json *whole = json_object();
    merge(whole, own);
    for (size_t i = 0; i < ARRAY_LEN(r->also) && r->also[i]; i++) {
        const char *colon = strchr(r->also[i], ':');
        AUTO_FREE char *step =
            colon ? mem_strndup(r->also[i], (size_t)(colon - r->also[i])) : mem_strdup(r->step);
        merge_calls(whole, record, step, colon ? colon + 1 : r->also[i]);
        // A call without a member of its own says by itself what it switches on.
        if (str_eq(r->also[i], "EnableKeyRotation"))
            json_put_bool(whole, "EnableKeyRotation", true);
    }
    return whole;
}

const struct json *resource_member(const struct json *request, const char *path)
{
    const struct json *node = request;
    for (const char *p = path; *p && node;) {
        size_t n = strcspn(p, "/");
        AUTO_FREE char *part = mem_strndup(p, n);
        node = json_type(node) == JSON_ARRAY ? json_at(node, (size_t)strtoul(part, NULL, 10))
                                             : json_get(node, part);
        p += p[n] ? n + 1 : n;
    }
    return node;
}

static bool named(const struct resource *r, const char *path)
{
    for (size_t i = 0; i < r->count; i++) {
        size_t n = strlen(r->attributes[i].from);
        if (strncmp(path, r->attributes[i].from, n) == 0 && (path[n] == '\0' || path[n] == '/'))
            return true;
    }
    return false;
}

static bool check_below(const struct resource *r, const struct json *node, const char *path,
                        struct err *err)
{
    if (named(r, path))
        return true;
    bool list = json_type(node) == JSON_ARRAY;
    if (!list && json_type(node) != JSON_OBJECT)
        return err_set(err, ERR_INTERNAL, "the export does not know %s of %s", path, r->action);
    size_t index = 0;
    for (const struct json *n = json_first(node); n; n = json_next(n), index++) {
        const char *slash = *path ? "/" : "";
        AUTO_FREE char *below = list ? mem_printf("%s%s%zu", path, slash, index)
                                     : mem_printf("%s%s%s", path, slash, json_key(n));
        if (!check_below(r, n, below, err))
            return false;
    }
    return true;
}

bool resource_check(const struct resource *r, const struct json *request, struct err *err)
{
    return check_below(r, request, "", err);
}

// ---- tags

static const struct json *tag_list(const struct json *tags)
{
    const struct json *inside = json_get(tags, "Tag"); // the ec2 protocol
    return inside ? inside : tags;
}

static const char *tag_key(const struct json *tag)
{
    const char *key = json_str(tag, "Key");
    key = key ? key : json_str(tag, "key");
    return key ? key : json_str(tag, "TagKey");
}

static const char *tag_value(const struct json *tag)
{
    const char *value = json_str(tag, "Value");
    value = value ? value : json_str(tag, "value");
    return value ? value : json_str(tag, "TagValue");
}

struct json *export_tags(const struct json *tags)
{
    const struct json *list = tag_list(tags);
    if (json_type(list) == JSON_OBJECT)
        return json_copy(list);
    struct json *map = json_object();
    for (const struct json *t = json_first(list); t; t = json_next(t))
        json_put_str(map, tag_key(t), tag_value(t));
    return map;
}

// ---- ids

// What the records do not hold because it is a name.
static char *name_of(const char *key, const struct export_input *in)
{
    const struct names *n = &in->names;
    const struct {
        const char *key, *step, *name;
    } known[] = {{"exec-role.name", "exec-role", n->exec_role},
                 {"task-role.name", "task-role", n->task_role},
                 {"kms-key.alias", "kms-key", n->key_alias},
                 {"log-group.name", "log-group", n->log_group},
                 {"repository.name", "repository", n->base},
                 {"cluster.name", "cluster", n->base},
                 {"service.name", "service", n->base},
                 {"scaling.name", "scaling", n->scaling_policy}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(known[i].key, key))
            return export_made(in, known[i].step) ? mem_strdup(known[i].name) : NULL;
    if (str_eq(key, "service.resource"))
        return export_made(in, "scaling") ? mem_printf("service/%s/%s", n->base, n->base) : NULL;
    const char *fact = facts_get(in->facts, key);
    return fact ? mem_strdup(fact) : NULL;
}

char *resource_id(const char *format, const struct export_input *in)
{
    struct str out;
    str_init(&out, STR_LINE);
    for (const char *p = format; *p;) {
        size_t n = strcspn(p, "{");
        AUTO_FREE char *plain = mem_strndup(p, n);
        str_add(&out, plain);
        p += n;
        if (!*p)
            break;
        AUTO_FREE char *key = mem_strndup(p + 1, strcspn(p, "}") - 1);
        AUTO_FREE char *value = name_of(key, in);
        if (!value) {
            str_clear(&out);
            return NULL;
        }
        str_add(&out, value);
        p += strlen(key) + 2;
    }
    return str_take(&out);
}

bool export_skip_is_moot(const struct export_input *in, const char *reason)
{
    return in->answers->options.kms_key && strstr(reason, "options.kms_key");
}
