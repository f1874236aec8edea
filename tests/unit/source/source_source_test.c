// SPDX-License-Identifier: MIT
// Claims: the built-in backend is unpacked whole and repaired when touched; a folder is checked;
// git gives exactly the branch, tag or commit asked for, says what there is when it is not, stops
// when told, and never leaves its folder. The repositories are made with libgit2 in a temporary
// folder: no network.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <git2.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/source/builtin.h"
#include "backend/source/source.h"

static char root[] = "/tmp/forest-source-XXXXXX";
static char *bare, *cache;
static char first_commit[GIT_OID_HEXSZ + 1], second_commit[GIT_OID_HEXSZ + 1];

static void add_blob(git_repository *repo, git_treebuilder *tree, const char *name,
                     const char *text, git_filemode_t mode)
{
    git_oid id;
    assert_int_equal(git_blob_create_from_buffer(&id, repo, text, strlen(text)), 0);
    assert_int_equal(git_treebuilder_insert(NULL, tree, name, &id, mode), 0);
}

// Commits package.json, a link out of the tree and the folder admin/ with one of its own.
static git_oid commit(git_repository *repo, const char *ref, const char *version,
                      const git_oid *parent)
{
    git_treebuilder *top, *sub;
    git_oid id, sub_id;
    git_tree *tree;
    git_commit *before = NULL;
    git_signature *who;
    assert_int_equal(git_treebuilder_new(&sub, repo, NULL), 0);
    add_blob(repo, sub, "package.json", "{\"name\":\"admin\"}", GIT_FILEMODE_BLOB);
    assert_int_equal(git_treebuilder_write(&sub_id, sub), 0);
    assert_int_equal(git_treebuilder_new(&top, repo, NULL), 0);
    add_blob(repo, top, "package.json", version, GIT_FILEMODE_BLOB);
    add_blob(repo, top, "run", "#!/bin/sh\n", GIT_FILEMODE_BLOB_EXECUTABLE);
    add_blob(repo, top, "out", "/etc", GIT_FILEMODE_LINK);
    assert_int_equal(git_treebuilder_insert(NULL, top, "admin", &sub_id, GIT_FILEMODE_TREE), 0);
    assert_int_equal(git_treebuilder_write(&id, top), 0);
    assert_int_equal(git_tree_lookup(&tree, repo, &id), 0);
    assert_int_equal(git_signature_new(&who, "a", "a@b", 1700000000, 0), 0);
    if (parent)
        assert_int_equal(git_commit_lookup(&before, repo, parent), 0);
    assert_int_equal(
        git_commit_create_v(&id, repo, ref, who, who, NULL, "x", tree, parent ? 1 : 0, before), 0);
    git_commit_free(before);
    git_signature_free(who);
    git_tree_free(tree);
    git_treebuilder_free(top);
    git_treebuilder_free(sub);
    return id;
}

static int setup(void **state)
{
    git_repository *repo;
    git_object *object;
    git_oid tag;
    git_signature *who;
    if (!mkdtemp(root))
        return -1;
    git_libgit2_init();
    bare = fs_join(root, "admin.git");
    cache = fs_join(root, "cache");
    assert_int_equal(git_repository_init(&repo, bare, 1), 0);
    assert_int_equal(git_repository_set_head(repo, "refs/heads/trunk"), 0);
    git_oid one = commit(repo, "refs/heads/trunk", "{\"version\":\"1\"}", NULL);
    git_oid two = commit(repo, "refs/heads/trunk", "{\"version\":\"2\"}", &one);
    commit(repo, "refs/heads/side", "{\"version\":\"side\"}", NULL);
    git_oid_tostr(first_commit, sizeof first_commit, &one);
    git_oid_tostr(second_commit, sizeof second_commit, &two);
    assert_int_equal(git_object_lookup(&object, repo, &one, GIT_OBJECT_COMMIT), 0);
    assert_int_equal(git_signature_new(&who, "a", "a@b", 1700000000, 0), 0);
    assert_int_equal(git_tag_create(&tag, repo, "v1", object, who, "annotated", 0), 0);
    git_signature_free(who);
    git_object_free(object);
    git_repository_free(repo);
    return 0;
}

static int teardown(void **state)
{
    mem_free(bare);
    mem_free(cache);
    git_libgit2_shutdown();
    return fs_remove_tree(root, NULL) ? 0 : -1;
}

static char *content(const char *folder, const char *name)
{
    char *path = fs_join(folder, name);
    struct str text;
    str_init(&text, STR_FILE);
    assert_true(fs_read(path, &text, NULL));
    mem_free(path);
    return str_take(&text);
}

static bool open_git(const char *ref, const char *folder, struct source *out, struct err *e)
{
    struct source_options o = {.kind = SOURCE_GIT,
                               .git_url = bare,
                               .git_ref = ref,
                               .git_folder = folder,
                               .cache_dir = cache};
    return source_open(&o, out, e);
}

static void each_kind_of_ref_is_found(void **state)
{
    // ref, version found, commit
    struct {
        const char *ref, *version, *commit;
    } cases[] = {{NULL, "{\"version\":\"2\"}", second_commit},
                 {"trunk", "{\"version\":\"2\"}", second_commit},
                 {"side", "{\"version\":\"side\"}", NULL},
                 {"v1", "{\"version\":\"1\"}", first_commit},
                 {first_commit, "{\"version\":\"1\"}", first_commit},
                 {"refs/heads/trunk", "{\"version\":\"2\"}", second_commit}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct source s;
        ERR_AUTO e = {0};
        if (!open_git(cases[i].ref, NULL, &s, &e))
            fail_msg("%s: %s", cases[i].ref ? cases[i].ref : "default", e.message);
        char *text = content(s.folder, "package.json");
        assert_string_equal(text, cases[i].version);
        mem_free(text);
        if (cases[i].commit)
            assert_string_equal(s.commit, cases[i].commit);
        assert_int_equal(strlen(s.commit), 40);
        char *shown = mem_printf("%.7s", s.commit);
        assert_non_null(strstr(s.description, shown));
        mem_free(shown);
        char *gone = mem_strdup(s.temporary);
        source_close(&s);
        assert_false(fs_exists(gone));
        mem_free(gone);
    }
    struct source s;
    ERR_AUTO e = {0};
    char *shorter = mem_strndup(first_commit, 10);
    assert_true(open_git(shorter, NULL, &s, &e));
    assert_string_equal(s.commit, first_commit);
    source_close(&s);
    mem_free(shorter);
}

static void a_missing_ref_says_what_there_is(void **state)
{
    // and a commit that does not exist, and a repository that does not
    static const char *const refs[] = {"main", "0123456789012345678901234567890123456789"};
    for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
        struct source s;
        ERR_AUTO e = {0};
        assert_false(open_git(refs[i], NULL, &s, &e));
        assert_int_equal(e.kind, ERR_NOT_FOUND);
        assert_true(err_says(&e, refs[i]));
        if (i == 0)
            assert_non_null(strstr(e.remedy, "side, trunk, v1"));
    }
    struct source_options o = {
        .kind = SOURCE_GIT, .git_url = "/no/such/repository", .cache_dir = cache};
    struct source s;
    ERR_AUTO e = {0};
    assert_false(source_open(&o, &s, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void a_subfolder_stays_inside(void **state)
{
    // "out" is a link to /etc
    struct source s;
    ERR_AUTO e = {0};
    assert_true(open_git("trunk", "admin", &s, &e));
    char *text = content(s.folder, "package.json");
    assert_string_equal(text, "{\"name\":\"admin\"}");
    mem_free(text);
    source_close(&s);
    static const struct {
        const char *folder;
        enum err_kind kind;
    } bad[] = {{"out", ERR_INPUT},
               {"../..", ERR_INPUT},
               {"/etc", ERR_INPUT},
               {"admin/../../..", ERR_INPUT},
               {"none", ERR_NOT_FOUND}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(open_git("trunk", bad[i].folder, &s, &e));
        assert_int_equal(e.kind, bad[i].kind);
        if (bad[i].kind == ERR_INPUT)
            assert_true(err_says(&e, "the repository"));
    }
}

static void unsafe_urls_are_refused(void **state)
{
    // and a password in one is not repeated
    static const char *const urls[] = {"http://example.com/a.git", "git://example.com/a.git",
                                       "https://user:canary-token@example.com/a.git", ""};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct source_options o = {.kind = SOURCE_GIT, .git_url = urls[i], .cache_dir = cache};
        struct source s;
        ERR_AUTO e = {0};
        assert_false(source_open(&o, &s, &e));
        assert_int_equal(e.kind, ERR_INPUT);
        assert_false(err_says(&e, "canary"));
    }
}

static void stop(void *context, const char *text, int64_t done, int64_t total)
{
    cancel_request(context);
}

static void cancel_stops_a_clone(void **state)
{
    // noticed in the first callback; nothing is left in the cache
    struct cancel cancel;
    cancel_init(&cancel);
    struct source_options o = {.kind = SOURCE_GIT,
                               .git_url = bare,
                               .cache_dir = cache,
                               .cancel = &cancel,
                               .progress = stop,
                               .context = &cancel};
    struct source s;
    ERR_AUTO e = {0};
    assert_false(source_open(&o, &s, &e));
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(rmdir(cache), 0); // empty
    assert_int_equal(mkdir(cache, 0700), 0);
    cancel_clear(&cancel);
}

static void the_built_in_backend_is_whole(void **state)
{
    // unpacked once, repaired when changed or added to
    struct source_options o = {.kind = SOURCE_BUILTIN, .cache_dir = cache};
    struct source s;
    ERR_AUTO e = {0};
    assert_true(source_open(&o, &s, &e));
    assert_true(str_starts(s.description, "built-in backend "));
    char *index = fs_join(s.folder, "src/index.js"),
         *stranger = fs_join(s.folder, "src/stranger.js");
    char *lock = fs_join(s.folder, "package-lock.json"),
         *modules = fs_join(s.folder, "node_modules");
    assert_true(fs_exists(index) && fs_exists(lock) && !fs_exists(modules));
    char *before = content(s.folder, "src/index.js");
    struct stat first, second;
    assert_int_equal(stat(index, &first), 0);
    source_close(&s);
    assert_true(fs_exists(index)); // it is a cache
    assert_true(source_open(&o, &s, &e));
    assert_int_equal(stat(index, &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);
    source_close(&s);
    assert_true(fs_write(index, "evil", 4, 0600, &e));
    assert_true(source_open(&o, &s, &e));
    char *after = content(s.folder, "src/index.js");
    assert_string_equal(before, after);
    source_close(&s);
    assert_true(fs_write(stranger, "evil", 4, 0600, &e));
    assert_true(source_open(&o, &s, &e));
    assert_false(fs_exists(stranger));
    source_close(&s);
    mem_free(before);
    mem_free(after);
    mem_free(index);
    mem_free(stranger);
    mem_free(lock);
    mem_free(modules);
}

static void a_folder_is_checked(void **state)
{
    // it is used where it is, and must hold an application
    struct source_options o = {.kind = SOURCE_FOLDER, .folder = root};
    struct source s;
    ERR_AUTO e = {0};
    assert_false(source_open(&o, &s, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    char *package = fs_join(root, "package.json");
    assert_true(fs_write(package, "{}", 2, 0600, &e));
    assert_true(source_open(&o, &s, &e));
    assert_string_equal(s.folder, root);
    source_close(&s);
    assert_true(fs_exists(package));
    o.folder = package;
    assert_false(source_open(&o, &s, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    o.folder = "/no/such/folder";
    assert_false(source_open(&o, &s, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    mem_free(package);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_ref_is_found),
        cmocka_unit_test(a_missing_ref_says_what_there_is),
        cmocka_unit_test(a_subfolder_stays_inside),
        cmocka_unit_test(unsafe_urls_are_refused),
        cmocka_unit_test(cancel_stops_a_clone),
        cmocka_unit_test(the_built_in_backend_is_whole),
        cmocka_unit_test(a_folder_is_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
