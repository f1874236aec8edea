// SPDX-License-Identifier: MIT
#include "backend/source/git.h"

#include <git2.h>
#include <pthread.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

#define FETCHED "refs/source/it"

enum { LISTED_REFS = 8, SHORTEST_COMMIT = 7 };

struct fetch {
    const struct git_request *request;
    git_repository *repo;
    git_remote *remote;
    char *refspecs[2];
    size_t refspec_count;
    bool by_commit; // everything is fetched and the commit looked up
    bool asked_agent;
    int last_percent;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

// Once for the life of the program: the search paths are the library's global state. Without them a
// user's settings (line ends, rewritten URLs, credential helpers) change nothing here.
static void library_init(void)
{
    git_libgit2_init();
    static const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA,
                                                GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                                GIT_CONFIG_LEVEL_GLOBAL};
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, (int)levels[i], "");
}

void git_library_init(void)
{
    pthread_once(&once, library_init);
}

static enum err_kind kind_of(int code, const git_error *e)
{
    const char *text = e && e->message ? e->message : "";
    if (code == GIT_EAUTH || strcasestr(text, "authenticat") ||
        strcasestr(text, "status code: 401") || strcasestr(text, "status code: 403"))
        return ERR_AUTH;
    if (code == GIT_ENOTFOUND || strcasestr(text, "status code: 404") ||
        strcasestr(text, "not found") || strcasestr(text, "failed to resolve path") ||
        strcasestr(text, "unsupported url protocol"))
        return ERR_NOT_FOUND;
    int class = e ? e->klass : GIT_ERROR_NONE;
    return class == GIT_ERROR_OS || class == GIT_ERROR_FILESYSTEM || class == GIT_ERROR_CHECKOUT
               ? ERR_IO
               : ERR_NET;
}

// The one place where libgit2's failures become ours.
static bool failed(const struct fetch *f, int code, const char *what, struct err *err)
{
    const git_error *e = git_error_last();
    if (cancel_requested(f->request->cancel))
        return err_set(err, ERR_CANCELLED, "stopped");
    AUTO_FREE char *why = text_safe(e && e->message ? e->message : "no reason given", 300);
    enum err_kind kind = kind_of(code, e);
    err_set(err, kind, "%s %s: %s", what, f->request->url, why);
    if (kind == ERR_AUTH)
        err_remedy(err, "for a private repository use its ssh URL with a key in ssh-agent, or "
                        "clone it yourself and "
                        "give the folder");
    else if (code == GIT_ECERTIFICATE)
        err_remedy(
            err,
            "the server's certificate or host key is not trusted; connect once with git to see it");
    return false;
}

static int stop_if_cancelled(const struct fetch *f)
{
    return cancel_requested(f->request->cancel) ? GIT_EUSER : 0;
}

static void report(struct fetch *f, const char *text, size_t done, size_t total)
{
    int percent = total > 0 ? (int)(done * 100 / total) : 0;
    if (!f->request->progress || percent == f->last_percent)
        return;
    f->last_percent = percent;
    f->request->progress(f->request->context, text, (int64_t)done, (int64_t)total);
}

static int on_transfer(const git_indexer_progress *stats, void *context)
{
    report(context, "fetching", stats->received_objects, stats->total_objects);
    return stop_if_cancelled(context);
}

static int on_message(const char *text, int length, void *context)
{
    (void)text, (void)length;
    return stop_if_cancelled(context);
}

static int on_checkout(git_checkout_notify_t why, const char *path, const git_diff_file *a,
                       const git_diff_file *b, const git_diff_file *c, void *context)
{
    (void)why, (void)path, (void)a, (void)b, (void)c;
    return stop_if_cancelled(context);
}

static void on_checkout_progress(const char *path, size_t done, size_t total, void *context)
{
    (void)path;
    report(context, "checking out", done, total);
}

// Only the agent: it answers without telling us the key. libgit2 asks again after a refusal; once
// is enough.
static int on_credential(git_credential **out, const char *url, const char *user, unsigned allowed,
                         void *context)
{
    (void)url;
    struct fetch *f = context;
    const char *name = str_empty(user) ? "git" : user;
    if (allowed & GIT_CREDENTIAL_USERNAME)
        return git_credential_username_new(out, name);
    if (allowed & GIT_CREDENTIAL_SSH_KEY && !f->asked_agent) {
        f->asked_agent = true;
        return git_credential_ssh_key_from_agent(out, name);
    }
    git_error_set_str(GIT_ERROR_NET, "authentication is required");
    return GIT_EAUTH;
}

static void set_callbacks(struct fetch *f, git_remote_callbacks *callbacks)
{
    callbacks->credentials = on_credential;
    callbacks->transfer_progress = on_transfer;
    callbacks->sideband_progress = on_message;
    callbacks->payload = f;
}

static bool check_url(const char *url, struct err *err)
{
    if (str_empty(url))
        return err_set(err, ERR_INPUT, "no repository is given");
    const char *scheme_end = strstr(url, "://");
    if (!scheme_end || str_starts(url, "ssh://") || str_starts(url, "file://"))
        return true; // host:path by ssh, or a path
    if (!str_starts(url, "https://"))
        return err_set(err, ERR_INPUT, "%.*s repositories are not safe to use: take https or ssh",
                       (int)(scheme_end - url), url);
    if (memchr(scheme_end + 3, '@',
               strcspn(scheme_end + 3, "/"))) { // not repeated in the message: it is a password
        err_set(err, ERR_INPUT, "the repository's URL holds a user or a password");
        return err_remedy(
            err, "use its ssh URL with ssh-agent, or clone it yourself and give the folder");
    }
    return true;
}

static void list_branches(const git_remote_head **heads, size_t count, struct str *out)
{
    size_t listed = 0;
    for (size_t i = 0; i < count && listed < LISTED_REFS; i++) {
        const char *name = heads[i]->name;
        if (!str_starts(name, "refs/heads/") &&
            (!str_starts(name, "refs/tags/") || str_ends(name, "^{}")))
            continue;
        AUTO_FREE char *safe = text_safe(strchr(name + 5, '/') + 1, 60);
        str_addf(out, "%s%s", listed++ ? ", " : "", safe);
    }
}

static bool looks_like_commit(const char *ref)
{
    size_t n = strspn(ref, "0123456789abcdefABCDEF");
    return ref[n] == '\0' && n >= SHORTEST_COMMIT && n <= GIT_OID_HEXSZ;
}

static bool has_head(const git_remote_head **heads, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(heads[i]->name, name) == 0)
            return true;
    return false;
}

static bool want(struct fetch *f, const char *name)
{
    f->refspecs[f->refspec_count++] = mem_printf("+%s:" FETCHED, name);
    return true;
}

// Branch before tag, as git checkout does; then a commit, for which everything is needed.
static bool choose(struct fetch *f, const git_remote_head **heads, size_t count, struct err *err)
{
    const char *ref = f->request->ref;
    static const char *const places[] = {"refs/heads/", "refs/tags/", ""};
    for (size_t i = 0; ref && i < ARRAY_LEN(places); i++) {
        AUTO_FREE char *name = mem_printf("%s%s", places[i], ref);
        if (str_starts(name, "refs/") && has_head(heads, count, name))
            return want(f, name);
    }
    if (!ref) {
        git_buf branch = GIT_BUF_INIT;
        bool found = git_remote_default_branch(&branch, f->remote) == 0;
        if (found)
            want(f, branch.ptr);
        git_buf_dispose(&branch);
        if (found)
            return true;
        return has_head(heads, count, "HEAD")
                   ? want(f, "HEAD")
                   : err_set(err, ERR_NOT_FOUND, "%s is empty", f->request->url);
    }
    if (looks_like_commit(ref)) {
        f->by_commit = true;
        f->refspecs[f->refspec_count++] = mem_strdup("+refs/heads/*:refs/source/heads/*");
        f->refspecs[f->refspec_count++] = mem_strdup("+refs/tags/*:refs/source/tags/*");
        return true;
    }
    STR_AUTO list;
    str_init(&list, 1024);
    list_branches(heads, count, &list);
    err_set(err, ERR_NOT_FOUND, "%s has no branch, tag or commit \"%s\"", f->request->url, ref);
    return err_remedy(err, "it has: %s", list.len ? list.data : "nothing");
}

static bool connect_and_choose(struct fetch *f, struct err *err)
{
    git_remote_callbacks callbacks;
    git_proxy_options proxy;
    git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
    git_proxy_options_init(&proxy, GIT_PROXY_OPTIONS_VERSION);
    proxy.type = GIT_PROXY_AUTO;
    set_callbacks(f, &callbacks);
    report(f, "connecting", 0, 1);
    int code = git_remote_connect(f->remote, GIT_DIRECTION_FETCH, &callbacks, &proxy, NULL);
    const git_remote_head **heads = NULL;
    size_t count = 0;
    if (code == 0)
        code = git_remote_ls(&heads, &count, f->remote);
    if (code != 0)
        return failed(f, code, "cannot reach", err);
    return choose(f, heads, count, err);
}

static bool fetch_objects(struct fetch *f, struct err *err)
{
    git_fetch_options options;
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.update_fetchhead = 0;
    options.proxy_opts.type = GIT_PROXY_AUTO;
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7)
    if (!f->by_commit && !fs_exists(f->request->url) && !str_starts(f->request->url, "file://"))
        options.depth = 1;
#endif
    f->asked_agent = false;
    set_callbacks(f, &options.callbacks);
    git_strarray refspecs = {.strings = f->refspecs, .count = f->refspec_count};
    int code = git_remote_fetch(f->remote, &refspecs, &options, NULL);
    return code == 0 || failed(f, code, "cannot fetch from", err);
}

static bool check_out(struct fetch *f, char **out_commit, struct err *err)
{
    git_object *found = NULL, *commit = NULL;
    int code = git_revparse_single(&found, f->repo, f->by_commit ? f->request->ref : FETCHED);
    if (code == 0)
        code = git_object_peel(&commit, found, GIT_OBJECT_COMMIT);
    git_object_free(found);
    if (code != 0)
        return err_set(err, ERR_NOT_FOUND, "%s has no branch, tag or commit \"%s\"",
                       f->request->url, f->request->ref ? f->request->ref : "HEAD");
    git_checkout_options options;
    git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    options.checkout_strategy = GIT_CHECKOUT_FORCE;
    options.notify_flags = GIT_CHECKOUT_NOTIFY_UPDATED;
    options.notify_cb = on_checkout;
    options.notify_payload = f;
    options.progress_cb = on_checkout_progress;
    options.progress_payload = f;
    code = git_checkout_tree(f->repo, commit, &options);
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, git_object_id(commit));
    git_object_free(commit);
    if (code != 0)
        return failed(f, code, "cannot check out", err);
    *out_commit = mem_strdup(hex);
    return true;
}

static bool run(struct fetch *f, const char *folder, char **out_commit, struct err *err)
{
    int code = git_repository_init(&f->repo, folder, 0);
    if (code == 0)
        code = git_remote_create_anonymous(&f->remote, f->repo, f->request->url);
    if (code != 0)
        return failed(f, code, "cannot prepare for", err);
    return connect_and_choose(f, err) && fetch_objects(f, err) && check_out(f, out_commit, err);
}

bool git_fetch_source(const struct git_request *request, char **out_folder, char **out_commit,
                      struct err *err)
{
    git_library_init();
    if (!check_url(request->url, err))
        return false;
    AUTO_FREE char *random = random_hex(6);
    AUTO_FREE char *folder = mem_printf("%s/git-%s", request->cache_dir, random);
    if (!fs_mkdirs(folder, err))
        return false;
    struct fetch f = {.request = request, .last_percent = -1};
    bool ok = run(&f, folder, out_commit, err);
    git_remote_free(f.remote);
    git_repository_free(f.repo);
    for (size_t i = 0; i < f.refspec_count; i++)
        mem_free(f.refspecs[i]);
    if (ok)
        *out_folder = mem_steal(folder);
    else
        fs_remove_tree(folder, NULL);
    return ok;
}
