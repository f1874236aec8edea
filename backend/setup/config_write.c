// SPDX-License-Identifier: MIT
// struct answers -> the answer file. Every answer is written, defaults too, so that a file keeps
// its meaning when a default changes; what has no value stays out.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"
#include "backend/setup/fields.h"

static struct json *write_group(const struct answers *a, const char *group);

static char *reference(const struct field *field, const struct secret_answer *answer)
{
    switch (answer->from) {
    case SECRET_ENV: return mem_printf("env:%s", answer->where);
    case SECRET_FILE: return mem_printf("file:%s", answer->where);
    case SECRET_STDIN: return mem_strdup("stdin");
    case SECRET_GENERATE: return mem_strdup("generate");
    case SECRET_TYPED: return mem_printf("env:%s", field->variable);
    case SECRET_STORED: return mem_strdup("stored");
    case SECRET_NONE: break;
    }
    return NULL;
}

static struct json *write_source(const struct answers *a)
{
    if (a->backend.source == SOURCE_BUILTIN)
        return json_string("builtin");
    if (a->backend.source == SOURCE_FOLDER)
        return json_strings("folder", a->backend.folder, NULL);
    struct json *source = json_object();
    json_put(source, "git", write_group(a, "backend.source.git"));
    return source;
}

static struct json *write_subnets(const struct answers *a)
{
    struct json *list = json_array();
    for (size_t i = 0; i < a->network.subnet_count; i++)
        json_push_str(list, a->network.subnets[i]);
    return list;
}

static struct json *write_tags(const struct answers *a)
{
    struct json *tags = json_object();
    for (size_t i = 0; i < a->options.tag_count; i++)
        json_put_str(tags, a->options.tags[i].key, a->options.tags[i].value);
    return tags;
}

static struct json *write_ask(const struct answers *a, const struct field *field)
{
    struct json *list = json_array();
    for (size_t i = 0; field->words[i]; i++)
        if (a->ask & (1U << i))
            json_push_str(list, field->words[i]);
    return list;
}

static unsigned number_of(const void *slot)
{
    unsigned value;
    memcpy(&value, slot, sizeof value); // also an enum of ours
    return value;
}

static void write_field(struct json *object, const char *key, const struct answers *a,
                        const struct field *field)
{
    const void *slot = (const char *)a + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_CHOICE: json_put_str(object, key, *(char *const *)slot); break;
    case FIELD_NUMBER: json_put_int(object, key, number_of(slot)); break;
    case FIELD_BOOL: json_put_bool(object, key, *(const bool *)slot); break;
    case FIELD_WORD: json_put_str(object, key, field->words[number_of(slot)]); break;
    case FIELD_SECRET: {
        AUTO_FREE char *text = reference(field, slot);
        json_put_str(object, key, text);
        break;
    }
    case FIELD_SUBNETS:
        if (a->network.subnet_count)
            json_put(object, key, write_subnets(a));
        break;
    case FIELD_TAGS:
        if (a->options.tag_count)
            json_put(object, key, write_tags(a));
        break;
    case FIELD_PRESENT:
        if (*(const bool *)slot)
            json_put(object, key, write_group(a, field->path));
        break;
    case FIELD_SOURCE: json_put(object, key, write_source(a)); break;
    case FIELD_ASK:
        if (a->ask)
            json_put(object, key, write_ask(a, field));
        break;
    }
}

// The object of "aws" or "backend.source.git" ("" for the file) from the rows below it.
static struct json *write_group(const struct answers *a, const char *group)
{
    struct json *object = json_object();
    size_t count = 0;
    size_t skip = *group ? strlen(group) + 1 : 0;
    const struct field *all = fields(&count);
    for (size_t i = 0; i < count; i++) {
        if (skip && (strncmp(all[i].path, group, skip - 1) != 0 || all[i].path[skip - 1] != '.'))
            continue;
        const char *key = all[i].path + skip;
        const char *dot = strchr(key, '.');
        if (!dot) {
            write_field(object, key, a, &all[i]);
            continue;
        }
        AUTO_FREE char *part = mem_strndup(key, (size_t)(dot - key));
        AUTO_FREE char *path = mem_strndup(all[i].path, (size_t)(dot - all[i].path));
        if (json_get(object, part) || field_find(path)) // already written, or its own row decides
            continue;
        struct json *inner = write_group(a, path);
        if (json_first(inner))
            json_put(object, part, inner);
        else
            json_free(inner);
    }
    return object;
}

struct json *config_write(const struct answers *answers)
{
    struct json *root = json_object();
    json_put_int(root, "version", CONFIG_VERSION);
    struct json *body = write_group(answers, "");
    for (const struct json *c = json_first(body); c; c = json_next(c))
        json_put(root, json_key(c), json_copy(c));
    json_free(body);
    return root;
}
