// SPDX-License-Identifier: MIT
#include "backend/setup/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/setup/fargate.h"
#include "backend/setup/fields.h"
#include "backend/setup/rules.h"
#include "backend/setup/suggest.h"
#include "backend/setup/validate.h"

enum { SHOWN_CHARS = 60, SUBNETS_MAX = 16, TAGS_MAX = 40, SIBLINGS_MAX = 24 };

struct reader {
    struct answers *out;
    struct problems *problems;
    const struct json_places *places; // NULL: not from a text
    const char *base_dir;             // NULL: leave relative paths
    bool memory_given, tasks_given;
};

static char *join(const char *group, const char *key)
{
    return mem_printf("%s%s%s", group, *group ? "." : "", key);
}

// The line of the field, or of the nearest thing around it that has one.
static unsigned line_of(const struct reader *r, const char *path)
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

static bool wrong_type(struct reader *r, const char *path, const struct json *node,
                       const char *wanted)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "text",   [JSON_ARRAY] = "a list",       [JSON_OBJECT] = "an object",
        [JSON_ABSENT] = "nothing"};
    enum json_type type = json_type(node);
    const char *remedy = type == JSON_NULL ? "leave the field out to use the default" : NULL;
    return problems_add(r->problems, path, line_of(r, path), remedy, "must be %s, not %s", wanted,
                        names[type]);
}

static void *slot_of(struct reader *r, const struct field *field)
{
    return (char *)r->out + field->offset;
}

// Does the text pass the field's rule? A rule's reason names the value or hides it.
static bool passes(struct reader *r, const char *path, const struct field *field, const char *text)
{
    ERR_AUTO err = {0};
    if (!field->rule || field->rule(text, &err))
        return true;
    return problems_add_err(r->problems, path, line_of(r, path), &err);
}

static char *absolute(const struct reader *r, const char *path)
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

static bool read_text(struct reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return wrong_type(r, path, node, "text");
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

static bool unknown_word(struct reader *r, const char *path, const struct field *field,
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
        return problems_add(r->problems, path, line_of(r, path), list.data,
                            "holds what looks like a secret");
    AUTO_FREE char *safe = text_safe(text, SHOWN_CHARS);
    return problems_add(r->problems, path, line_of(r, path), remedy,
                        "\"%s\" is not one of the words accepted here", safe);
}

static bool read_word(struct reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return wrong_type(r, path, node, "text");
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

static bool read_number(struct reader *r, const char *path, const struct field *field,
                        const struct json *node)
{
    if (json_type(node) != JSON_NUMBER)
        return wrong_type(r, path, node, "a number");
    unsigned line = line_of(r, path);
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

static bool read_bool(struct reader *r, const char *path, const struct field *field,
                      const struct json *node)
{
    if (json_type(node) != JSON_BOOL)
        return wrong_type(r, path, node, "true or false");
    *(bool *)slot_of(r, field) = json_bool(node, "", false);
    return true;
}

// The one place where a value must never be repeated: whatever is not a reference may be the secret
// itself.
static bool refuse_secret(struct reader *r, const char *path, const struct field *field)
{
    AUTO_FREE char *remedy =
        mem_printf("write a reference: \"env:%s\", \"file:PATH\", \"stdin\"%s", field->variable,
                   field->may_generate ? " or \"generate\"" : "");
    return problems_add(r->problems, path, line_of(r, path), remedy,
                        "holds a value, but a secret may only be referred to here");
}

static void set_reference(struct secret_answer *answer, enum secret_from from, char *where)
{
    mem_free(answer->where);
    answer->from = from;
    answer->where = where;
}

static bool read_secret(struct reader *r, const char *path, const struct field *field,
                        const struct json *node)
{
    const char *text = json_text(node);
    if (!text)
        return wrong_type(r, path, node, "a reference in quotes");
    struct secret_answer *answer = slot_of(r, field);
    if (str_starts(text, "env:")) {
        ERR_AUTO err = {0};
        if (!rule_env_name(text + 4, &err))
            return problems_add_err(r->problems, path, line_of(r, path), &err);
        set_reference(answer, SECRET_ENV, mem_strdup(text + 4));
    } else if (str_starts(text, "file:")) {
        ERR_AUTO err = {0};
        if (!rule_folder(text + 5, &err))
            return problems_add_err(r->problems, path, line_of(r, path), &err);
        set_reference(answer, SECRET_FILE, absolute(r, text + 5));
    } else if (str_eq(text, "stdin")) {
        set_reference(answer, SECRET_STDIN, NULL);
    } else if (str_eq(text, "generate") && field->may_generate) {
        set_reference(answer, SECRET_GENERATE, NULL);
    } else if (str_eq(text, "generate")) {
        AUTO_FREE char *remedy =
            mem_printf("write \"env:%s\", \"file:PATH\" or \"stdin\"", field->variable);
        return problems_add(r->problems, path, line_of(r, path), remedy,
                            "cannot be generated: it exists already");
    } else {
        return refuse_secret(r, path, field);
    }
    return true;
}

static bool read_subnets(struct reader *r, const char *path, const struct field *field,
                         const struct json *node)
{
    if (json_type(node) != JSON_ARRAY)
        return wrong_type(r, path, node, "a list");
    size_t n = json_count(node);
    if (n < 2 || n > SUBNETS_MAX)
        return problems_add(
            r->problems, path, line_of(r, path),
            "name at least two, in different zones, or leave the field out to have them chosen",
            "must hold 2 to %d subnets, not %zu", SUBNETS_MAX, n);
    size_t i = 0;
    for (const struct json *c = json_first(node); c; c = json_next(c), i++) {
        AUTO_FREE char *item = mem_printf("%s[%zu]", path, i);
        const char *text = json_text(c);
        if (!text) {
            wrong_type(r, item, c, "text");
            continue;
        }
        if (!passes(r, item, field, text))
            continue;
        for (size_t k = 0; k < r->out->network.subnet_count; k++)
            if (str_eq(r->out->network.subnets[k], text))
                problems_add(r->problems, item, line_of(r, item), "name each subnet once",
                             "stands there twice");
        answers_add_subnet(r->out, text);
    }
    return true;
}

static bool read_tags(struct reader *r, const char *path, const struct json *node)
{
    if (json_type(node) != JSON_OBJECT)
        return wrong_type(r, path, node, "an object");
    if (json_count(node) > TAGS_MAX)
        return problems_add(r->problems, path, line_of(r, path), "AWS takes 50, ten are ours",
                            "must hold at most %d tags", TAGS_MAX);
    for (const struct json *c = json_first(node); c; c = json_next(c)) {
        ERR_AUTO err = {0};
        AUTO_FREE char *safe = text_safe(json_key(c), SHOWN_CHARS);
        AUTO_FREE char *item = rule_looks_secret(safe) ? mem_strdup(path) : join(path, safe);
        const char *text = json_text(c);
        if (!text)
            wrong_type(r, item, c, "text");
        else if (!rule_tag_key(json_key(c), &err) || !rule_tag_value(text, &err))
            problems_add_err(r->problems, item, line_of(r, item), &err);
        else
            answers_add_tag(r->out, json_key(c), text);
    }
    return true;
}

static void read_object(struct reader *r, const char *group, const struct json *node);

static bool read_source(struct reader *r, const char *path, const struct json *node)
{
    const char *remedy =
        "write \"builtin\", {\"folder\": \"./admin\"} or {\"git\": {\"url\": \"...\"}}";
    if (str_eq(json_text(node), "builtin")) {
        r->out->backend.source = SOURCE_BUILTIN;
        return true;
    }
    if (json_type(node) != JSON_OBJECT)
        return problems_add(r->problems, path, line_of(r, path), remedy,
                            "is not a source for the backend");
    const struct json *folder = json_get(node, "folder");
    const struct json *git = json_get(node, "git");
    size_t before = r->problems->count;
    read_object(r, path, node);
    if (r->problems->count > before)
        return false;
    if (!folder == !git)
        return problems_add(r->problems, path, line_of(r, path), remedy,
                            "must name either a folder or a git repository");
    r->out->backend.source = git ? SOURCE_GIT : SOURCE_FOLDER;
    if (git && !r->out->backend.git_url)
        return problems_add(r->problems, "backend.source.git", line_of(r, "backend.source.git"),
                            "add \"url\": \"https://...\"", "has no url");
    return true;
}

static bool read_present(struct reader *r, const char *path, const struct field *field,
                         const struct json *node)
{
    if (json_type(node) != JSON_OBJECT)
        return wrong_type(r, path, node, "an object, {} for the defaults");
    *(bool *)slot_of(r, field) = true;
    read_object(r, path, node);
    return true;
}

static bool read_field(struct reader *r, const char *path, const struct field *field,
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
    }
    return false;
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

static bool unknown_key(struct reader *r, const char *group, const char *path, const char *key)
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
    return problems_add(r->problems, path, line_of(r, path), remedy.data,
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

static bool read_header(struct reader *r, const char *path, const struct json *node)
{
    if (str_eq(path, "$schema"))
        return json_text(node) ? true : wrong_type(r, path, node, "text");
    if (!json_is_int(node))
        return wrong_type(r, path, node, "the number 1");
    if (json_int(node, "", 0) != CONFIG_VERSION)
        return problems_add(r->problems, path, line_of(r, path),
                            "this forest-setup reads version 1; take a newer one",
                            "is a version of the file that is not known here");
    return true;
}

static void read_child(struct reader *r, const char *group, const struct json *object,
                       const struct json *child)
{
    const char *key = json_key(child);
    AUTO_FREE char *shown =
        rule_looks_secret(key) ? mem_strdup("(hidden)") : text_safe(key, SHOWN_CHARS);
    AUTO_FREE char *path = join(group, shown);
    const struct field *field = strchr(key, '.') ? NULL : field_find(path);
    bool known = field || (!strchr(key, '.') && field_is_group(path));
    if (is_repeated(object, child))
        problems_add(r->problems, path, line_of(r, path), "keep one of them", "stands there twice");
    else if (!*group && (str_eq(key, "$schema") || str_eq(key, "version")))
        read_header(r, path, child);
    else if (!known)
        unknown_key(r, group, path, key);
    else if (field)
        read_field(r, path, field, child);
    else if (json_type(child) == JSON_OBJECT)
        read_object(r, path, child);
    else
        wrong_type(r, path, child, "an object");
}

static void read_object(struct reader *r, const char *group, const struct json *node)
{
    for (const struct json *c = json_first(node); c && r->problems->count < PROBLEMS_MAX;
         c = json_next(c))
        read_child(r, group, node, c);
}

// What no field can know alone, with the line of the field that has to change.
static void read_together(struct reader *r)
{
    struct answers *a = r->out;
    if (!r->memory_given && fargate_least_memory(a->backend.cpu_units))
        a->backend.memory_mib = fargate_least_memory(a->backend.cpu_units);
    if (!r->tasks_given && a->options.autoscaling)
        a->backend.tasks = a->options.min_tasks;
    struct problems found = {0};
    validate_together(a, &found);
    for (size_t i = 0; i < found.count; i++)
        problems_add(r->problems, found.items[i].path, line_of(r, found.items[i].path),
                     found.items[i].remedy, "%s", found.items[i].reason);
    problems_clear(&found);
}

static bool read_root(struct reader *r, const struct json *root)
{
    answers_clear(r->out);
    answers_init(r->out);
    if (json_type(root) != JSON_OBJECT)
        return wrong_type(r, "", root, "an object");
    if (!json_get(root, "version"))
        problems_add(r->problems, "version", line_of(r, ""), "add \"version\": 1", "is missing");
    read_object(r, "", root);
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
        struct reader r = {
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
    struct reader r = {.out = out, .problems = &problems};
    bool ok = read_root(&r, root) || problems_to_err(&problems, "the recorded answers", err);
    problems_clear(&problems);
    return ok;
}

static bool read_stdin(struct str *out, struct err *err)
{
    char buffer[16384];
    for (ssize_t n; (n = read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
        if (n < 0)
            return errno == EINTR ? err_set(err, ERR_CANCELLED, "stopped while reading stdin")
                                  : err_errno(err, ERR_IO, errno, "stdin cannot be read");
        str_addn(out, buffer, (size_t)n);
        if (out->truncated)
            return err_set(err, ERR_INPUT, "stdin holds more than the %d bytes accepted here",
                           CONFIG_MAX_BYTES);
    }
    return true;
}

static bool secrets_from_stdin(const struct answers *a)
{
    return a->forest.env_secret.from == SECRET_STDIN ||
           a->forest.auth_secret.from == SECRET_STDIN || a->database.url.from == SECRET_STDIN;
}

bool config_load(const char *path, struct answers *out, struct problems *problems, struct err *err)
{
    bool is_stdin = str_eq(path, "-");
    const char *name = is_stdin ? "stdin" : path;
    STR_AUTO text = {0};
    str_init(&text, CONFIG_MAX_BYTES);
    if (!(is_stdin ? read_stdin(&text, err) : fs_read(path, &text, err)))
        return err_remedy(err, "name the answer file with -c FILE");
    AUTO_FREE char *dir = is_stdin ? mem_strdup(".") : fs_dirname(path);
    AUTO_FREE char *real = realpath(dir, NULL);
    bool ok = config_parse(text.data, text.len, real ? real : dir, out, problems);
    if (ok && is_stdin && secrets_from_stdin(out))
        ok = problems_add(problems, "", 0, "use \"env:NAME\" or \"file:PATH\" for the secrets",
                          "comes from stdin, so no secret can come from there too");
    return ok || problems_to_err(problems, name, err);
}
