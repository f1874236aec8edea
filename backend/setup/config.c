// SPDX-License-Identifier: MIT
#include "backend/setup/config.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/setup/config_private.h"
#include "backend/setup/fargate.h"
#include "backend/setup/fields.h"
#include "backend/setup/rules.h"
#include "backend/setup/suggest.h"
#include "backend/setup/validate.h"

enum { SIBLINGS_MAX = 24 };

char *config_join(const char *group, const char *key)
{
    return mem_printf("%s%s%s", group, *group ? "." : "", key);
}

unsigned config_line(const struct config_reader *r, const char *path)
{
    if (!r->places)
        return 0;
    AUTO_FREE char *p = mem_strdup(path);
    for (;;) {
        unsigned line = json_line(r->places, p);
        if (line || !*p)
            return line;
        char *cut = strrchr(p, '.');
        *(cut ? cut : p) = '\0';
    }
}

bool config_wrong_type(struct config_reader *r, const char *path, const struct json *node,
                       const char *wanted)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "text",   [JSON_ARRAY] = "a list",       [JSON_OBJECT] = "an object",
        [JSON_ABSENT] = "nothing"};
    enum json_type type = json_type(node);
    const char *remedy = type == JSON_NULL ? "leave the field out to use the default" : NULL;
    return problems_add(r->problems, path, config_line(r, path), remedy, "must be %s, not %s",
                        wanted, names[type]);
}

// The words that may stand directly in this group.
static size_t siblings(const char *group, char *words[SIBLINGS_MAX])
{
    size_t count = 0;
    size_t n = 0;
    size_t skip = *group ? strlen(group) + 1 : 0;
    const struct field *all = fields(&count);
    for (size_t i = 0; i < count && n < SIBLINGS_MAX; i++) {
        if (skip && (strncmp(all[i].path, group, skip - 1) != 0 || all[i].path[skip - 1] != '.'))
            continue;
        char *word = mem_strndup(all[i].path + skip, strcspn(all[i].path + skip, "."));
        if (n && str_eq(words[n - 1], word)) // the table keeps a group together
            mem_free(word);
        else
            words[n++] = word;
    }
    return n;
}

static bool unknown_key(struct config_reader *r, const char *group, const char *path,
                        const char *key)
{
    char *words[SIBLINGS_MAX];
    size_t n = siblings(group, words);
    const char *near = suggest(key, (const char *const *)words, n);
    STR_AUTO remedy = {0};
    str_init(&remedy, STR_LINE);
    if (near) {
        str_addf(&remedy, "did you mean \"%s\"?", near);
    } else {
        str_add(&remedy, "the fields here are ");
        for (size_t i = 0; i < n; i++)
            str_addf(&remedy, "%s%s", i ? ", " : "", words[i]);
    }
    for (size_t i = 0; i < n; i++)
        mem_free(words[i]);
    return problems_add(r->problems, path, config_line(r, path), remedy.data,
                        "is not a field that forest-setup knows");
}

// Two keys that differ in the text but not in meaning ("name" and "n\u0061me").
static bool is_repeated(const struct json *object, const struct json *child)
{
    for (const struct json *c = json_first(object); c && c != child; c = json_next(c))
        if (str_eq(json_key(c), json_key(child)))
            return true;
    return false;
}

static bool read_header(struct config_reader *r, const char *path, const struct json *node)
{
    if (str_eq(path, "$schema"))
        return json_text(node) ? true : config_wrong_type(r, path, node, "text");
    if (!json_is_int(node))
        return config_wrong_type(r, path, node, "the number 1");
    if (json_int(node, "", 0) != CONFIG_VERSION)
        return problems_add(r->problems, path, config_line(r, path),
                            "this forest-setup reads version 1; take a newer one",
                            "is a version of the file that is not known here");
    return true;
}

static void read_child(struct config_reader *r, const char *group, const struct json *object,
                       const struct json *child)
{
    const char *key = json_key(child);
    AUTO_FREE char *shown =
        rule_looks_secret(key) ? mem_strdup("(hidden)") : text_safe(key, CONFIG_SHOWN_CHARS);
    AUTO_FREE char *path = config_join(group, shown);
    const struct field *field = strchr(key, '.') ? NULL : field_find(path);
    bool known = field || (!strchr(key, '.') && field_is_group(path));
    if (is_repeated(object, child))
        problems_add(r->problems, path, config_line(r, path), "keep one of them",
                     "stands there twice");
    else if (!*group && (str_eq(key, "$schema") || str_eq(key, "version")))
        read_header(r, path, child);
    else if (!known)
        unknown_key(r, group, path, key);
    else if (field)
        config_read_field(r, path, field, child);
    else if (json_type(child) == JSON_OBJECT)
        config_read_object(r, path, child);
    else
        config_wrong_type(r, path, child, "an object");
}

void config_read_object(struct config_reader *r, const char *group, const struct json *node)
{
    for (const struct json *c = json_first(node); c && r->problems->count < PROBLEMS_MAX;
         c = json_next(c))
        read_child(r, group, node, c);
}

// What no field can know alone, with the line of the field that has to change.
static void read_together(struct config_reader *r)
{
    struct answers *a = r->out;
    if (!r->memory_given && fargate_least_memory(a->backend.cpu_units))
        a->backend.memory_mib = fargate_least_memory(a->backend.cpu_units);
    if (!r->tasks_given && a->options.autoscaling)
        a->backend.tasks = a->options.min_tasks;
    struct problems found = {0};
    validate_together(a, &found);
    for (size_t i = 0; i < found.count; i++)
        problems_add(r->problems, found.items[i].path, config_line(r, found.items[i].path),
                     found.items[i].remedy, "%s", found.items[i].reason);
    problems_clear(&found);
}

static bool read_root(struct config_reader *r, const struct json *root)
{
    answers_clear(r->out);
    answers_init(r->out);
    if (json_type(root) != JSON_OBJECT)
        return config_wrong_type(r, "", root, "an object");
    if (!json_get(root, "version"))
        problems_add(r->problems, "version", config_line(r, ""), "add \"version\": 1",
                     "is missing");
    config_read_object(r, "", root);
    if (r->problems->count == 0)
        read_together(r);
    problems_sort(r->problems);
    return r->problems->count == 0;
}

// "line 3, column 7: what" from the parser becomes a problem of line 3.
static bool syntax_problem(struct problems *problems, struct err *err)
{
    const char *text = err->message ? err->message : "";
    unsigned line = str_starts(text, "line ") ? (unsigned)strtoul(text + 5, NULL, 10) : 0;
    const char *column = strstr(text, "column ");
    const char *what = column ? strstr(column, ": ") : NULL;
    unsigned at = column ? (unsigned)strtoul(column + 7, NULL, 10) : 0;
    const char *remedy = strstr(text, "twice") ? "keep one of them" : "correct the JSON there";
    if (rule_looks_secret(text))
        return problems_add(problems, "", line, remedy, "is not JSON");
    return problems_add(problems, "", line, remedy, "is not JSON that can be read: column %u: %s",
                        at, what ? what + 2 : text);
}

bool config_parse(const char *text, size_t length, const char *base_dir, struct answers *out,
                  struct problems *problems)
{
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { // editors on Windows put a BOM there
        text += 3;
        length -= 3;
    }
    struct json_places places = {0};
    ERR_AUTO err = {0};
    JSON_AUTO *root = json_parse(text, length, &places, &err);
    bool ok = false;
    if (root) {
        struct config_reader r = {
            .out = out, .problems = problems, .places = &places, .base_dir = base_dir};
        ok = read_root(&r, root);
    } else {
        syntax_problem(problems, &err);
    }
    json_places_clear(&places);
    return ok;
}

bool config_read(const struct json *root, struct answers *out, struct err *err)
{
    struct problems problems = {0};
    struct config_reader r = {.out = out, .problems = &problems};
    bool ok = read_root(&r, root) || problems_to_err(&problems, "the recorded answers", err);
    problems_clear(&problems);
    return ok;
}
