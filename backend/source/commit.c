// SPDX-License-Identifier: MIT
#include "backend/source/commit.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/source/git.h"

struct git_place {
    char *dir; // real
    git_repository *repo;
    char *prefix; // of the folder in the repository: "" or "infra/"
    char *name, *email;
};

static bool failed(const char *what, const char *where, struct err *err)
{
    const git_error *e = git_error_last();
    AUTO_FREE char *why = text_safe(e && e->message ? e->message : "no reason given", 300);
    return err_set(err, ERR_IO, "%s %s: %s", what, where, why);
}

// ---- who commits

static void add_config(git_config *config, const char *path, git_config_level_t level)
{
    if (path && fs_exists(path))
        (void)git_config_add_file_ondisk(config, path, level, NULL, 1); // a broken one names nobody
}

// As git reads them; the library's own search is switched off (git.c), so the files are named here.
static void add_user_config(git_config *config)
{
    add_config(config, "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM);
    const char *xdg = getenv("XDG_CONFIG_HOME");
    AUTO_FREE char *in_home = fs_expand("~/.config");
    AUTO_FREE char *shared = fs_join(str_empty(xdg) ? in_home : xdg, "git/config");
    add_config(config, shared, GIT_CONFIG_LEVEL_XDG);
    const char *named = getenv("GIT_CONFIG_GLOBAL");
    AUTO_FREE char *own = named ? mem_strdup(named) : fs_expand("~/.gitconfig");
    add_config(config, own, GIT_CONFIG_LEVEL_GLOBAL);
}

static char *setting(git_config *config, const char *variable, const char *fallback,
                     const char *key)
{
    const char *given = getenv(variable);
    if (str_empty(given))
        given = getenv(fallback);
    if (!str_empty(given))
        return mem_strdup(given);
    git_buf value = {0};
    bool found = git_config_get_string_buf(&value, config, key) == 0 && !str_empty(value.ptr);
    char *text = found ? mem_strdup(value.ptr) : NULL;
    git_buf_dispose(&value);
    return text;
}

static bool find_identity(struct git_place *p, struct err *err)
{
    git_config *config = NULL;
    if ((p->repo ? git_repository_config(&config, p->repo) : git_config_new(&config)) != 0)
        return failed("reading git's settings for", p->dir, err);
    add_user_config(config);
    p->name = setting(config, "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "user.name");
    p->email = setting(config, "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "user.email");
    git_config_free(config);
    if (p->name && p->email)
        return true;
    err_set(err, ERR_INPUT, "git does not know who commits: user.%s is not set",
            p->name ? "email" : "name");
    return err_remedy(err, "Run git config --global user.name \"Your Name\" and git config "
                           "--global user.email you@example.com.");
}

// ---- where

static bool find_prefix(struct git_place *p, struct err *err)
{
    const char *top = git_repository_workdir(p->repo);
    if (git_repository_is_bare(p->repo) || !top) {
        err_set(err, ERR_INPUT, "%s lies in a bare git repository, which has no files", p->dir);
        return err_remedy(err, "Choose a folder of a clone of it.");
    }
    AUTO_FREE char *real = realpath(top, NULL);
    size_t n = real ? strlen(real) : 0;
    if (n == 0 || strncmp(p->dir, real, n) != 0)
        return err_set(err, ERR_INPUT, "%s is not among the files of its git repository", p->dir);
    const char *below = p->dir + n + (p->dir[n] == '/');
    p->prefix = mem_printf("%s%s", below, *below ? "/" : "");
    return true;
}

static bool check_state(struct git_place *p, struct err *err)
{
    if (git_repository_state(p->repo) != GIT_REPOSITORY_STATE_NONE) {
        err_set(err, ERR_INPUT,
                "a merge, rebase or the like is under way in the git repository of "
                "%s",
                p->dir);
        return err_remedy(err, "Finish or abort it first: git status says how.");
    }
    if (git_repository_head_detached(p->repo) == 1) {
        err_set(err, ERR_INPUT, "the git repository of %s is on no branch (detached HEAD)", p->dir);
        return err_remedy(err, "Check a branch out first: git switch main.");
    }
    return true;
}

bool git_place_open(struct git_place **out, const char *dir, struct err *err)
{
    git_library_init();
    AUTO_FREE char *real = realpath(dir, NULL);
    if (!real)
        return err_set(err, ERR_IO, "%s is not there", dir);
    struct git_place *p = mem_calloc(1, sizeof *p);
    p->dir = mem_steal(real);
    int found = git_repository_open_ext(&p->repo, p->dir, 0, NULL);
    bool ok =
        found == 0 || found == GIT_ENOTFOUND || failed("opening the git repository of", dir, err);
    ok = ok && (!p->repo || (find_prefix(p, err) && check_state(p, err))) && find_identity(p, err);
    if (ok)
        *out = p;
    else
        git_place_close(p);
    return ok;
}

void git_place_close(struct git_place *p)
{
    if (!p)
        return;
    git_repository_free(p->repo);
    mem_free(p->dir);
    mem_free(p->prefix);
    mem_free(p->name);
    mem_free(p->email);
    mem_free(p);
}

static char *in_repository(const struct git_place *p, const char *path)
{
    return mem_printf("%s%s", p->prefix, path);
}

bool git_place_look(struct git_place *p, const char *path, enum git_file *out, struct err *err)
{
    *out = GIT_FILE_UNTRACKED;
    if (!p->repo)
        return true;
    AUTO_FREE char *full = in_repository(p, path);
    unsigned flags = 0;
    int code = git_status_file(&flags, p->repo, full);
    if (code == GIT_ENOTFOUND)
        return true;
    if (code != 0)
        return failed("asking git about", path, err);
    const unsigned staged =
        GIT_STATUS_INDEX_NEW | GIT_STATUS_INDEX_MODIFIED | GIT_STATUS_INDEX_TYPECHANGE;
    const unsigned gone = GIT_STATUS_WT_DELETED | GIT_STATUS_INDEX_DELETED |
                          GIT_STATUS_INDEX_RENAMED | GIT_STATUS_WT_RENAMED | GIT_STATUS_CONFLICTED;
    const unsigned changed = GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_TYPECHANGE;
    if (flags & gone || (flags & staged && flags & changed))
        *out = GIT_FILE_UNSETTLED;
    else if (flags & (staged | changed))
        *out = GIT_FILE_CHANGED;
    else if (!(flags & (GIT_STATUS_WT_NEW | GIT_STATUS_IGNORED)))
        *out = GIT_FILE_CLEAN;
    return true;
}

// ---- the commit

struct commit {
    git_index *index;
    git_commit *parent; // NULL: the first one
    git_tree *before;
    git_tree *after;
    git_signature *who;
    git_tree_update *updates; // their paths are those of `paths`
    char **paths;
    size_t count;
};

static void commit_clear(struct commit *c)
{
    for (size_t i = 0; i < c->count; i++)
        mem_free(c->paths[i]);
    mem_free(c->paths);
    mem_free(c->updates);
    git_signature_free(c->who);
    git_tree_free(c->after);
    git_tree_free(c->before);
    git_commit_free(c->parent);
    git_index_free(c->index);
}

static bool empty_tree(git_repository *repo, git_tree **out)
{
    git_treebuilder *builder = NULL;
    git_oid id;
    bool ok = git_treebuilder_new(&builder, repo, NULL) == 0 &&
              git_treebuilder_write(&id, builder) == 0 && git_tree_lookup(out, repo, &id) == 0;
    git_treebuilder_free(builder);
    return ok;
}

static bool find_parent(struct git_place *p, struct commit *c, struct err *err)
{
    git_reference *head = NULL;
    int code = git_repository_head(&head, p->repo);
    bool first = code == GIT_EUNBORNBRANCH || code == GIT_ENOTFOUND;
    bool ok =
        first ? empty_tree(p->repo, &c->before)
              : code == 0 &&
                    git_reference_peel((git_object **)&c->parent, head, GIT_OBJECT_COMMIT) == 0 &&
                    git_commit_tree(&c->before, c->parent) == 0;
    git_reference_free(head);
    return ok || failed("reading the last commit of", p->dir, err);
}

static bool add_update(struct git_place *p, struct commit *c, const char *path, struct err *err)
{
    AUTO_FREE char *here = fs_join(p->dir, path);
    char *full = in_repository(p, path);
    c->paths[c->count] = full;
    git_tree_update *u = &c->updates[c->count++];
    *u = (git_tree_update){.path = full, .filemode = GIT_FILEMODE_BLOB};
    if (fs_exists(here)) {
        u->action = GIT_TREE_UPDATE_UPSERT;
        return (git_blob_create_from_workdir(&u->id, p->repo, full) == 0 &&
                git_index_add_bypath(c->index, full) == 0) ||
               failed("adding to git:", path, err);
    }
    git_tree_entry *entry = NULL;
    bool known = git_tree_entry_bypath(&entry, c->before, full) == 0;
    git_tree_entry_free(entry);
    u->action = GIT_TREE_UPDATE_REMOVE;
    (void)git_index_remove_bypath(c->index, full); // may not be there
    if (!known) {
        mem_free(full);
        c->count--;
    }
    return true;
}

static bool make_tree(struct git_place *p, struct commit *c, struct err *err)
{
    git_oid id;
    return (git_tree_create_updated(&id, p->repo, c->before, c->count, c->updates) == 0 &&
            git_tree_lookup(&c->after, p->repo, &id) == 0) ||
           failed("writing to the git repository of", p->dir, err);
}

static bool make_commit(struct git_place *p, struct commit *c, const char *message, char **out_id,
                        struct err *err)
{
    git_oid id;
    const git_commit *parents[] = {c->parent};
    bool ok = git_signature_now(&c->who, p->name, p->email) == 0 &&
              git_commit_create(&id, p->repo, "HEAD", c->who, c->who, NULL, message, c->after,
                                c->parent ? 1 : 0, parents) == 0 &&
              git_index_write(c->index) == 0;
    if (!ok)
        return failed("committing in", p->dir, err);
    char text[GIT_OID_HEXSZ + 1];
    *out_id = mem_strdup(git_oid_tostr(text, sizeof text, &id));
    return true;
}

static bool need_repository(struct git_place *p, struct err *err)
{
    if (p->repo)
        return true;
    git_repository_init_options options;
    (void)git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_MKPATH;
    options.initial_head = "main";
    return (git_repository_init_ext(&p->repo, p->dir, &options) == 0 ||
            failed("making a git repository in", p->dir, err)) &&
           find_prefix(p, err);
}

bool git_place_commit(struct git_place *p, const struct git_commit_files *files, char **out_id,
                      struct err *err)
{
    *out_id = NULL;
    struct commit c = {.updates = mem_calloc(files->count + 1, sizeof(git_tree_update)),
                       .paths = mem_calloc(files->count + 1, sizeof(char *))};
    bool ok = need_repository(p, err) && find_parent(p, &c, err) &&
              (git_repository_index(&c.index, p->repo) == 0 || failed("reading", p->dir, err));
    for (size_t i = 0; ok && i < files->count; i++)
        ok = add_update(p, &c, files->paths[i], err);
    ok = ok && make_tree(p, &c, err);
    bool same = ok && c.parent && git_oid_equal(git_tree_id(c.before), git_tree_id(c.after));
    if (ok && !same)
        ok = make_commit(p, &c, files->message, out_id, err);
    commit_clear(&c);
    return ok;
}
