// SPDX-License-Identifier: MIT
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/formats.h"
#include "backend/export/schema.h"
#include "backend/setup/config.h"

#define SCHEMA_FILE "setup.schema.json"

// Components that both paths begin with, as bytes: "/home/x/a", "/home/x/b" -> strlen("/home/x").
static size_t shared(const char *a, const char *b)
{
    size_t end = 0;
    for (size_t i = 0;; i++) {
        bool stop_a = a[i] == '/' || a[i] == '\0';
        bool stop_b = b[i] == '/' || b[i] == '\0';
        if (stop_a && stop_b)
            end = i;
        if (a[i] != b[i] || !a[i])
            return end;
    }
}

char *export_relative(const char *path, const char *base_dir)
{
    if (path[0] != '/')
        return mem_strdup(path);
    size_t n = str_empty(base_dir) ? 0 : shared(path, base_dir);
    const char *name = strrchr(path, '/') + 1;
    STR_AUTO out = {0};
    str_init(&out, STR_LINE);
    size_t up = 0;
    for (const char *p = n ? base_dir + n : ""; (p = strchr(p, '/')) && p[1]; p++, up++)
        str_addf(&out, "%s..", up ? "/" : "");
    // Little in common ("/home"): where it lies is this machine's own affair.
    bool near = up <= 1 || memchr(path + 1, '/', n - 1);
    if (n == 0 || !near)
        return mem_printf("./%s", name);
    if (!out.len)
        str_addc(&out, '.');
    str_add(&out, path + n);
    return mem_strdup(out.data);
}

// NULL unless it lies below the base: a secret's file beside it is not handed on with it.
static char *relative(const char *path, const char *base_dir)
{
    AUTO_FREE char *text = export_relative(path, base_dir);
    bool below = path[0] != '/' || (!str_empty(base_dir) && !str_starts(text, "..") &&
                                    strncmp(path, base_dir, strlen(base_dir)) == 0);
    return below ? mem_steal(text) : NULL;
}

static void portable(struct secret_answer *answer, const char *variable, const char *base_dir)
{
    if (answer->from != SECRET_FILE)
        return;
    char *path = relative(answer->where, base_dir);
    if (!path) {
        answer->from = SECRET_ENV;
        path = mem_strdup(variable);
    }
    mem_free(answer->where);
    answer->where = path;
}

static struct json *portable_answers(const struct json *answers, const char *base_dir,
                                     struct err *err)
{
    struct answers a = {0};
    struct json *tree = NULL;
    if (config_read(answers, &a, err)) {
        portable(&a.forest.env_secret, "FOREST_ENV_SECRET", base_dir);
        portable(&a.forest.auth_secret, "FOREST_AUTH_SECRET", base_dir);
        portable(&a.database.url, "POSTGRESQL_URL", base_dir);
        if (a.backend.folder) {
            char *folder = export_relative(a.backend.folder, base_dir);
            mem_free(a.backend.folder);
            a.backend.folder = folder;
        }
        tree = config_write(&a);
    }
    answers_clear(&a);
    return tree;
}

char *export_json(const struct json *answers, const char *base_dir, struct err *err)
{
    JSON_AUTO *tree = portable_answers(answers, base_dir, err);
    return tree ? json_print_pretty(tree) : NULL;
}

void export_add_answers(struct export_files *out, const char *path, struct json *answers)
{
    JSON_AUTO *tree = json_strings("$schema", "./" SCHEMA_FILE, NULL);
    for (const struct json *n = json_first(answers); n; n = json_next(n))
        json_put(tree, json_key(n), json_copy(n));
    json_free(answers);
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *schema =
        mem_printf("%.*s" SCHEMA_FILE, slash ? (int)(slash + 1 - path) : 0, path);
    export_files_add(out, path, json_print_pretty(tree));
    export_files_add(out, schema, mem_strdup(export_schema));
}

bool export_make_json(const struct export_input *in, struct export_files *out, struct err *err)
{
    JSON_AUTO *recorded = config_write(in->answers);
    struct json *tree = portable_answers(recorded, in->base_dir, err);
    if (!tree)
        return false;
    if (in->folder) {
        export_add_answers(out, "setup.json", tree);
        return true;
    }
    export_files_add(out, "setup.json", json_print_pretty(tree));
    json_free(tree);
    return true;
}
