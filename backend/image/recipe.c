// SPDX-License-Identifier: MIT
#include "backend/image/recipe.h"

#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"

enum { WORDS_MAX = 16 };

static void add_word(struct recipe *r, char *owned)
{
    r->command = mem_realloc(r->command, r->count + 2, sizeof *r->command);
    r->command[r->count++] = owned;
    r->command[r->count] = NULL;
}

// Only words that mean the same without a shell: the image may not have one, and npm would not pass
// signals on.
static bool from_script(const char *script, struct recipe *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=@:+, ";
    if (!script || !str_starts(script, "node ") || strspn(script, plain) != strlen(script))
        return false;
    for (const char *p = script; *p && out->count < WORDS_MAX;) {
        size_t n = strcspn(p, " ");
        if (n > 0)
            add_word(out, mem_strndup(p, n));
        p += n;
        p += strspn(p, " ");
    }
    return out->count > 1;
}

static bool is_inside(const char *path)
{
    return path[0] != '/' && strcmp(path, "..") != 0 && !str_starts(path, "../") &&
           !strstr(path, "/../") && !str_ends(path, "/..");
}

static bool exists(const char *folder, const char *name)
{
    AUTO_FREE char *path = fs_join(folder, name);
    return is_inside(name) && fs_exists(path) && !fs_is_dir(path);
}

static bool read_package(const char *folder, struct json **out, struct err *err)
{
    AUTO_FREE char *path = fs_join(folder, "package.json");
    STR_AUTO text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, err))
        return false;
    *out = json_parse(text.data, text.len, NULL, err);
    return *out || err_wrap(err, "%s", path);
}

// node resolves "main": "lib" to lib.js and lib/index.js.
static char *main_file(const char *folder, const char *name)
{
    static const char *const endings[] = {"", ".js", ".mjs", ".cjs", "/index.js"};
    for (size_t i = 0; name && i < ARRAY_LEN(endings); i++) {
        char *path = mem_printf("%s%s", name, endings[i]);
        if (exists(folder, path))
            return path;
        mem_free(path);
    }
    return NULL;
}

bool recipe_read(const char *folder, struct recipe *out, struct err *err)
{
    static const char *const usual[] = {"src/index.js", "index.js", "server.js", "app.js"};
    JSON_AUTO *package = NULL;
    *out = (struct recipe){0};
    if (!read_package(folder, &package, err))
        return false;
    if (from_script(json_str(package, "scripts.start"), out))
        return true;
    recipe_clear(out);
    char *file = main_file(folder, json_str(package, "main"));
    for (size_t i = 0; !file && i < ARRAY_LEN(usual); i++)
        file = exists(folder, usual[i]) ? mem_strdup(usual[i]) : NULL;
    if (!file) {
        err_set(err, ERR_INPUT, "%s/package.json does not say what to start", folder);
        return err_remedy(
            err,
            "give it \"scripts\": {\"start\": \"node FILE\"} or \"main\", or use a Dockerfile");
    }
    add_word(out, mem_strdup("node"));
    add_word(out, file);
    return true;
}

void recipe_clear(struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->count; i++)
        mem_free(recipe->command[i]);
    mem_free(recipe->command);
    *recipe = (struct recipe){0};
}

char *recipe_dockerfile(const char *folder)
{
    static const char *const names[] = {"Dockerfile", "Containerfile"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = fs_join(folder, names[i]);
        if (fs_exists(path))
            return path;
        mem_free(path);
    }
    return NULL;
}

bool recipe_own_dockerfile(const char *folder)
{
    AUTO_FREE char *path = recipe_dockerfile(folder);
    if (!path)
        return false;
    STR_AUTO text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, NULL))
        return true;
    static const char mark[] = "# forest-setup: built in";
    const char *at = strstr(text.data, mark);
    return !(at && (at == text.data || at[-1] == '\n') && strchr("\r\n", at[sizeof mark - 1]));
}
