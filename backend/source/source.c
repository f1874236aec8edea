// SPDX-License-Identifier: MIT
#include "backend/source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/source/builtin.h"
#include "backend/source/git.h"

static bool open_builtin(const struct source_options *o, struct source *out, struct err *err)
{
    AUTO_FREE char *version = builtin_version();
    out->folder = builtin_unpack(o->cache_dir, err);
    out->description = mem_printf("built-in backend %s", version);
    return out->folder != NULL;
}

static bool is_application(const char *folder)
{
    static const char *const signs[] = {"package.json", "Dockerfile", "Containerfile"};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        AUTO_FREE char *path = fs_join(folder, signs[i]);
        if (fs_exists(path))
            return true;
    }
    return false;
}

static bool check_application(const char *folder, const char *shown, struct err *err)
{
    if (is_application(folder))
        return true;
    err_set(err, ERR_INPUT, "%s has neither a package.json nor a Dockerfile", shown);
    return err_remedy(err, "name the folder of the backend itself");
}

static bool open_folder(const struct source_options *o, struct source *out, struct err *err)
{
    if (str_empty(o->folder))
        return err_set(err, ERR_INPUT, "no folder is given");
    AUTO_FREE char *path = fs_expand(o->folder);
    if (!fs_exists(path))
        return err_set(err, ERR_NOT_FOUND, "there is no folder %s", o->folder);
    if (!fs_is_dir(path))
        return err_set(err, ERR_INPUT, "%s is not a folder", o->folder);
    out->folder = realpath(path, NULL);
    if (!out->folder)
        return err_errno(err, ERR_IO, errno, "cannot look at %s", o->folder);
    out->description = mem_strdup(o->folder);
    return check_application(out->folder, o->folder, err);
}

// A path inside the repository: relative and without a way out, in the text and through its links.
static bool enter(struct source *s, const char *folder, struct err *err)
{
    AUTO_FREE char *root = realpath(s->temporary, NULL);
    AUTO_FREE char *joined = fs_join(s->temporary, str_empty(folder) ? "." : folder);
    AUTO_FREE char *real = realpath(joined, NULL);
    if (folder && (folder[0] == '/' || strcmp(folder, "..") == 0 || str_starts(folder, "../")))
        return err_set(err, ERR_INPUT, "the folder \"%s\" must lie inside the repository", folder);
    if (!root || !real || !fs_is_dir(real))
        return err_set(err, ERR_NOT_FOUND, "the repository has no folder \"%s\" at that ref",
                       folder ? folder : ".");
    size_t length = strlen(root);
    if (strncmp(real, root, length) != 0 || (real[length] != '/' && real[length] != '\0'))
        return err_set(err, ERR_INPUT, "the folder \"%s\" leads out of the repository", folder);
    s->folder = mem_steal(real);
    return check_application(s->folder, str_empty(folder) ? "the repository" : folder, err);
}

// "github.com/acme/admin" of "https://github.com/acme/admin.git" and of
// "git@github.com:acme/admin.git".
static char *short_url(const char *url)
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    const char *at = strchr(start, '@');
    if (at && at < start + strcspn(start, "/"))
        start = at + 1;
    size_t length = strlen(start);
    if (str_ends(start, ".git"))
        length -= 4;
    return mem_strndup(start, length);
}

static bool open_git(const struct source_options *o, struct source *out, struct err *err)
{
    struct git_request request = {.url = o->git_url,
                                  .ref = o->git_ref,
                                  .cache_dir = o->cache_dir,
                                  .cancel = o->cancel,
                                  .progress = o->progress,
                                  .context = o->context};
    if (!git_fetch_source(&request, &out->temporary, &out->commit, err) ||
        !enter(out, o->git_folder, err))
        return false;
    AUTO_FREE char *url = short_url(o->git_url);
    out->description = mem_printf("%s %s%s%.7s", url, o->git_ref ? o->git_ref : "",
                                  o->git_ref ? " " : "", out->commit);
    return true;
}

bool source_open(const struct source_options *options, struct source *out, struct err *err)
{
    *out = (struct source){0};
    bool ok = false;
    switch (options->kind) {
    case SOURCE_BUILTIN: ok = open_builtin(options, out, err); break;
    case SOURCE_FOLDER: ok = open_folder(options, out, err); break;
    case SOURCE_GIT: ok = open_git(options, out, err); break;
    }
    if (!ok)
        source_close(out);
    return ok;
}

void source_close(struct source *source)
{
    if (source->temporary)
        fs_remove_tree(source->temporary, NULL);
    mem_free(source->folder);
    mem_free(source->description);
    mem_free(source->commit);
    mem_free(source->temporary);
    *source = (struct source){0};
}
