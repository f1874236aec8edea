// SPDX-License-Identifier: MIT
// One field of the answer file: its type, its rule, its place in struct answers.
#include <string.h>
#include <strings.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/setup/config_private.h"
#include "backend/setup/rules.h"
#include "backend/setup/suggest.h"

enum { SUBNETS_MAX = 16, TAGS_MAX = 40 };

static void *slot_of(struct config_reader *r, const struct field *field)
{
    return (char *)r->out + field->offset;
}

// Does the text pass the field's rule? A rule's reason names the value or hides it.
static bool passes(struct config_reader *r, const char *path, const struct field *field,
                   const char *text)
{
    ERR_AUTO err = {0};
    if (!field->rule || field->rule(text, &err))
        return true;
    return problems_add_err(r->problems, path, config_line(r, path), &err);
}

static char *absolute(const struct config_reader *r, const char *path)
{
    char *expanded = fs_expand(path);
    if (!r->base_dir || expanded[0] == '/')
        return expanded;
    const char *rest = expanded;
    while (str_starts(rest, "./"))
        rest += 2;
    char *joined =
        str_eq(rest, ".") || !*rest ? mem_strdup(r->base_dir) : fs_join(r->base_dir, rest);
    mem_free(expanded);
    return joined;
}

static bool read_text(struct config_reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return config_wrong_type(r, path, node, "text");
    if (!passes(r, path, field, text))
        return false;
    char **slot = slot_of(r, field);
    mem_free(*slot);
    *slot = field->rule == rule_folder ? absolute(r, text) : mem_strdup(text);
    return true;
}

static int word_index(const struct field *field, const char *text)
{
    for (int i = 0; field->words[i]; i++)
        if (str_eq(field->words[i], text))
            return i;
    return -1;
}

static bool unknown_word(struct config_reader *r, const char *path, const struct field *field,
                         const char *text)
{
    STR_AUTO list = {0};
    str_init(&list, STR_LINE);
    size_t n = 0;
    for (; field->words[n]; n++)
        str_addf(&list, "%s%s", n ? ", " : "use one of: ", field->words[n]);
    const char *near = suggest(text, field->words, n);
    AUTO_FREE char *remedy =
        near ? mem_printf("did you mean \"%s\"?", near) : mem_strdup(list.data);
    if (rule_looks_secret(text))
        return problems_add(r->problems, path, config_line(r, path), list.data,
                            "holds what looks like a secret");
    AUTO_FREE char *safe = text_safe(text, CONFIG_SHOWN_CHARS);
    return problems_add(r->problems, path, config_line(r, path), remedy,
                        "\"%s\" is not one of the words accepted here", safe);
}

static bool read_word(struct config_reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return config_wrong_type(r, path, node, "text");
    int index = word_index(field, text);
    if (index < 0)
        return unknown_word(r, path, field, text);
    if (field->kind == FIELD_WORD) {
        unsigned value = (unsigned)index; // an enum of ours is an unsigned int
        memcpy(slot_of(r, field), &value, sizeof value);
    } else {
        str_replace(slot_of(r, field), text);
    }
    return true;
}

static bool read_number(struct config_reader *r, const char *path, const struct field *field,
                        const struct json *node)
{
    if (json_type(node) != JSON_NUMBER)
        return config_wrong_type(r, path, node, "a number");
    unsigned line = config_line(r, path);
    if (!json_is_int(node))
        return problems_add(r->problems, path, line, NULL, "must be a whole number");
    int64_t value = json_int(node, "", -1);
    bool sane = value >= 0 && value <= 1000000;
    if (field->number_rule && sane) {
        ERR_AUTO err = {0};
        if (!field->number_rule((unsigned)value, &err))
            return problems_add_err(r->problems, path, line, &err);
    } else if (field->number_rule) {
        return problems_add(r->problems, path, line, NULL, "%lld is out of range",
                            (long long)value);
    } else if (value < (int64_t)field->min || value > (int64_t)field->max) {
        return problems_add(r->problems, path, line, NULL, "must be between %u and %u, not %lld",
                            field->min, field->max, (long long)value);
    }
    unsigned number = (unsigned)value;
    memcpy(slot_of(r, field), &number, sizeof number);
    r->memory_given = r->memory_given || str_eq(path, "backend.memory");
    r->tasks_given = r->tasks_given || str_eq(path, "backend.tasks");
    return true;
}

static bool read_bool(struct config_reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    if (json_type(node) != JSON_BOOL)
        return config_wrong_type(r, path, node, "true or false");
    *(bool *)slot_of(r, field) = json_bool(node, "", false);
    return true;
}

// The one place where a value must never be repeated: whatever is not a reference may be the secret
// itself.
static bool refuse_secret(struct config_reader *r, const char *path, const struct field *field)
{
    AUTO_FREE char *remedy =
        mem_printf("write a reference: \"env:%s\", \"file:PATH\", \"stdin\"%s", field->variable,
                   field->may_generate ? " or \"generate\"" : "");
    return problems_add(r->problems, path, config_line(r, path), remedy,
                        "holds a value, but a secret may only be referred to here");
}

static void set_reference(struct secret_answer *answer, enum secret_from from, char *where)
{
    mem_free(answer->where);
    answer->from = from;
    answer->where = where;
}

static bool read_secret(struct config_reader *r, const char *path, const struct field *field,
                        const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return config_wrong_type(r, path, node, "a reference in quotes");
    struct secret_answer *answer = slot_of(r, field);
    if (str_starts(text, "env:")) {
        ERR_AUTO err = {0};
        if (!rule_env_name(text + 4, &err))
            return problems_add_err(r->problems, path, config_line(r, path), &err);
        set_reference(answer, SECRET_ENV, mem_strdup(text + 4));
    } else if (str_starts(text, "file:")) {
        ERR_AUTO err = {0};
        if (!rule_folder(text + 5, &err))
            return problems_add_err(r->problems, path, config_line(r, path), &err);
        set_reference(answer, SECRET_FILE, absolute(r, text + 5));
    } else if (str_eq(text, "stdin")) {
        set_reference(answer, SECRET_STDIN, NULL);
    } else if (str_eq(text, "stored")) {
        set_reference(answer, SECRET_STORED, NULL);
    } else if (str_eq(text, "generate") && field->may_generate) {
        set_reference(answer, SECRET_GENERATE, NULL);
    } else if (str_eq(text, "generate")) {
        AUTO_FREE char *remedy =
            mem_printf("write \"env:%s\", \"file:PATH\" or \"stdin\"", field->variable);
        return problems_add(r->problems, path, config_line(r, path), remedy,
                            "cannot be generated: it exists already");
    } else {
        return refuse_secret(r, path, field);
    }
    return true;
}

static bool read_subnets(struct config_reader *r, const char *path, const struct field *field,
                         const struct json *node)
{
    if (json_type(node) != JSON_ARRAY)
        return config_wrong_type(r, path, node, "a list");
    size_t n = json_count(node);
    if (n < 2 || n > SUBNETS_MAX)
        return problems_add(
            r->problems, path, config_line(r, path),
            "name at least two, in different zones, or leave the field out to have them chosen",
            "must hold 2 to %d subnets, not %zu", SUBNETS_MAX, n);
    size_t i = 0;
    for (const struct json *c = json_first(node); c; c = json_next(c), i++) {
        AUTO_FREE char *item = mem_printf("%s[%zu]", path, i);
        const char *text = json_text(c);
        if (!text) {
            config_wrong_type(r, item, c, "text");
            continue;
        }
        if (!passes(r, item, field, text))
            continue;
        for (size_t k = 0; k < r->out->network.subnet_count; k++)
            if (str_eq(r->out->network.subnets[k], text))
                problems_add(r->problems, item, config_line(r, item), "name each subnet once",
                             "stands there twice");
        answers_add_subnet(r->out, text);
    }
    return true;
}

// IAM does not tell "Team" from "team" and refuses a role with both.
static bool tag_twice(const struct answers *a, const char *key, struct err *err)
{
    for (size_t i = 0; i < a->options.tag_count; i++)
        if (strcasecmp(a->options.tags[i].key, key) == 0) {
            err_set(err, ERR_INPUT, "differs from \"%s\" in nothing but case",
                    a->options.tags[i].key);
            err_remedy(err, "keep one of the two: IAM takes them for the same tag");
            return true;
        }
    return false;
}

static bool read_tags(struct config_reader *r, const char *path, const struct json *node)
{
    if (json_type(node) != JSON_OBJECT)
        return config_wrong_type(r, path, node, "an object");
    if (json_count(node) > TAGS_MAX)
        return problems_add(r->problems, path, config_line(r, path), "AWS takes 50, ten are ours",
                            "must hold at most %d tags", TAGS_MAX);
    for (const struct json *c = json_first(node); c; c = json_next(c)) {
        ERR_AUTO err = {0};
        AUTO_FREE char *safe = text_safe(json_key(c), CONFIG_SHOWN_CHARS);
        AUTO_FREE char *item = rule_looks_secret(safe) ? mem_strdup(path) : config_join(path, safe);
        const char *text = json_text(c);
        if (!text)
            config_wrong_type(r, item, c, "text");
        else if (!rule_tag_key(json_key(c), &err) || !rule_tag_value(text, &err) ||
                 tag_twice(r->out, json_key(c), &err))
            problems_add_err(r->problems, item, config_line(r, item), &err);
        else
            answers_add_tag(r->out, json_key(c), text);
    }
    return true;
}

static bool read_source(struct config_reader *r, const char *path, const struct json *node)
{
    const char *remedy =
        "write \"builtin\", {\"folder\": \"./admin\"} or {\"git\": {\"url\": \"...\"}}";
    if (str_eq(json_text(node), "builtin")) {
        r->out->backend.source = SOURCE_BUILTIN;
        return true;
    }
    if (json_type(node) != JSON_OBJECT)
        return problems_add(r->problems, path, config_line(r, path), remedy,
                            "is not a source for the backend");
    const struct json *folder = json_get(node, "folder");
    const struct json *git = json_get(node, "git");
    size_t before = r->problems->count;
    config_read_object(r, path, node);
    if (r->problems->count > before)
        return false;
    if (!folder == !git)
        return problems_add(r->problems, path, config_line(r, path), remedy,
                            "must name either a folder or a git repository");
    r->out->backend.source = git ? SOURCE_GIT : SOURCE_FOLDER;
    if (git && !r->out->backend.git_url)
        return problems_add(r->problems, "backend.source.git", config_line(r, "backend.source.git"),
                            "add \"url\": \"https://...\"", "has no url");
    return true;
}

static bool read_ask(struct config_reader *r, const char *path, const struct field *field,
                     const struct json *node)
{
    if (json_type(node) != JSON_ARRAY)
        return config_wrong_type(r, path, node, "a list");
    size_t at = 0;
    for (const struct json *c = json_first(node); c; c = json_next(c), at++) {
        AUTO_FREE char *item = mem_printf("%s[%zu]", path, at);
        const char *text = json_text(c);
        size_t i = 0;
        while (text && field->words[i] && !str_eq(field->words[i], text))
            i++;
        if (!text)
            config_wrong_type(r, item, c, "text");
        else if (!field->words[i])
            problems_add(r->problems, item, config_line(r, item),
                         "forest, aws, network, database and backend can be asked",
                         "is not a screen of the wizard");
        else if (r->out->ask & (1U << i))
            problems_add(r->problems, item, config_line(r, item), "name each screen once",
                         "stands there twice");
        else
            r->out->ask |= 1U << i;
    }
    return true;
}

static bool read_present(struct config_reader *r, const char *path, const struct field *field,
                         const struct json *node)
{
    if (json_type(node) != JSON_OBJECT)
        return config_wrong_type(r, path, node, "an object, {} for the defaults");
    *(bool *)slot_of(r, field) = true;
    config_read_object(r, path, node);
    return true;
}

bool config_read_field(struct config_reader *r, const char *path, const struct field *field,
                       const struct json *node)
{
    switch (field->kind) {
    case FIELD_TEXT: return read_text(r, path, field, node);
    case FIELD_SECRET: return read_secret(r, path, field, node);
    case FIELD_NUMBER: return read_number(r, path, field, node);
    case FIELD_BOOL: return read_bool(r, path, field, node);
    case FIELD_WORD:
    case FIELD_CHOICE: return read_word(r, path, field, node);
    case FIELD_SUBNETS: return read_subnets(r, path, field, node);
    case FIELD_TAGS: return read_tags(r, path, node);
    case FIELD_PRESENT: return read_present(r, path, field, node);
    case FIELD_SOURCE: return read_source(r, path, node);
    case FIELD_ASK: return read_ask(r, path, field, node);
    }
    return false;
}
