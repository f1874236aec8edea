// SPDX-License-Identifier: MIT
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/formats.h"
#include "backend/setup/config.h"

// "/home/x/admin" below "/home/x" -> "./admin"; NULL when it does not lie there.
static char *relative(const char *path, const char *base_dir)
{
    size_t n = base_dir ? strlen(base_dir) : 0;
    if (path[0] != '/')
        return mem_strdup(path);
    if (n == 0 || strncmp(path, base_dir, n) != 0)
        return NULL;
    if (path[n] == '\0')
        return mem_strdup(".");
    return path[n] == '/' ? mem_printf("./%s", path + n + 1) : NULL;
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

char *export_json(const struct json *answers, const char *base_dir, struct err *err)
{
    struct answers a = {0};
    char *text = NULL;
    if (config_read(answers, &a, err)) {
        portable(&a.forest.env_secret, "FOREST_ENV_SECRET", base_dir);
        portable(&a.forest.auth_secret, "FOREST_AUTH_SECRET", base_dir);
        portable(&a.database.url, "POSTGRESQL_URL", base_dir);
        char *folder = a.backend.folder ? relative(a.backend.folder, base_dir) : NULL;
        if (folder) {
            mem_free(a.backend.folder);
            a.backend.folder = folder;
        }
        JSON_AUTO *tree = config_write(&a);
        text = json_print_pretty(tree);
    }
    answers_clear(&a);
    return text;
}

bool export_make_json(const struct export_input *in, struct export_files *out, struct err *err)
{
    JSON_AUTO *recorded = config_write(in->answers);
    char *text = export_json(recorded, in->base_dir, err);
    if (text)
        export_files_add(out, "setup.json", text);
    return text != NULL;
}
