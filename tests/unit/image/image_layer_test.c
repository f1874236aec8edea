// SPDX-License-Identifier: MIT
// Claims: a layer depends on content alone; secrets and links out never get in; every name
// survives; native modules for another machine are found. The archives are read back with
// libarchive, not with our own code.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/image/gzip.h"
#include "backend/image/layer.h"
#include "backend/image/native.h"

static char root[] = "/tmp/forest-layer-XXXXXX";

static int setup(void **state)
{
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
    return fs_remove_tree(root, NULL) ? 0 : -1;
}

static char *make_folder(const char *name)
{
    char *path = fs_join(root, name);
    fs_remove_tree(path, NULL);
    assert_true(fs_mkdirs(path, NULL));
    return path;
}

static void put(const char *folder, const char *name, const char *content, unsigned mode)
{
    char *path = fs_join(folder, name), *parent = fs_dirname(path);
    assert_true(fs_mkdirs(parent, NULL));
    assert_true(fs_write(path, content, strlen(content), mode, NULL));
    mem_free(parent);
    mem_free(path);
}

static void link_to(const char *folder, const char *name, const char *target)
{
    char *path = fs_join(folder, name);
    assert_int_equal(symlink(target, path), 0);
    mem_free(path);
}

static bool build(const char *folder, unsigned threads, const struct ignore *ignore,
                  struct layer *out, struct err *e)
{
    TREE_AUTO tree = {0};
    struct tree_rules rules = {.ignore = ignore, .drop_secrets = true};
    char *file = mem_printf("%s/%u.tar.gz", root, threads);
    struct layer_request r = {.root = folder,
                              .tree = &tree,
                              .prefix = "app",
                              .file = file,
                              .level = 1,
                              .threads = threads};
    bool ok = tree_read(folder, &rules, NULL, &tree, e) && layer_build(&r, out, e);
    out->temporary = ok;
    mem_free(file);
    return ok;
}

// "path mode size target\n" of every entry, in order.
static char *listing(const char *file)
{
    struct str out;
    str_init(&out, STR_FILE);
    struct archive *a = archive_read_new();
    archive_read_support_format_tar(a);
    archive_read_support_filter_gzip(a);
    assert_int_equal(archive_read_open_filename(a, file, 65536), ARCHIVE_OK);
    struct archive_entry *e;
    int code;
    while ((code = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
        assert_int_equal(archive_entry_uid(e), 0);
        assert_int_equal(archive_entry_gid(e), 0);
        assert_int_equal(archive_entry_mtime(e), 0);
        str_addf(&out, "%s %o %lld", archive_entry_pathname(e), (unsigned)archive_entry_perm(e),
                 (long long)archive_entry_size(e));
        if (archive_entry_symlink(e))
            str_addf(&out, " -> %s", archive_entry_symlink(e));
        str_addc(&out, '\n');
    }
    assert_int_equal(code, ARCHIVE_EOF);
    archive_read_free(a);
    return str_take(&out);
}

static void many_files(const char *folder, bool backwards, mode_t mask)
{
    mode_t old = umask(mask);
    for (int i = 0; i < 300; i++) {
        int n = backwards ? 299 - i : i;
        char *name = mem_printf("lib/d%d/file%d.js", n % 7, n);
        char *content = mem_alloc(20001);
        for (int k = 0; k < 20000; k++)
            content[k] = (char)('a' + (k * 7 + n * (k % 13)) % 26);
        content[20000] = '\0';
        put(folder, name, content, n % 5 ? 0644 : 0755);
        mem_free(content);
        mem_free(name);
    }
    umask(old);
}

static void same_content_same_digest(void **state)
{
    // for any number of threads, order of creation, times and umask; over several compressor blocks
    char *one = make_folder("one"), *two = make_folder("two");
    many_files(one, false, 022);
    many_files(two, true, 077);
    char *touched = fs_join(two, "lib/d3/file3.js");
    struct utimbuf old = {.actime = 1000, .modtime = 1000};
    assert_int_equal(utime(touched, &old), 0);
    struct layer first = {0};
    ERR_AUTO e = {0};
    assert_true(build(one, 1, NULL, &first, &e));
    for (unsigned threads = 1; threads <= 8; threads++) {
        LAYER_AUTO again = {0};
        assert_true(build(threads % 2 ? two : one, threads + 10, NULL, &again, &e));
        assert_string_equal(again.digest, first.digest);
        assert_string_equal(again.diff_id, first.diff_id);
        assert_int_equal(again.size, first.size);
    }
    put(two, "lib/d3/file3.js", "other", 0644);
    LAYER_AUTO other = {0};
    assert_true(build(two, 2, NULL, &other, &e));
    assert_string_not_equal(other.diff_id, first.diff_id);
    layer_clear(&first);
    mem_free(touched);
    mem_free(one);
    mem_free(two);
}

static void long_and_foreign_names_survive(void **state)
{
    // pax records where ustar is too short, bytes above ASCII as they are, links too
    char *folder = make_folder("names");
    char deep[180];
    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    char *name = mem_printf("a/%s.js", deep), *exact = mem_printf("%.*s", 96, deep);
    put(folder, name, "1", 0644);
    put(folder, exact, "22", 0600);
    put(folder, "h\xc3\xa9llo.js", "333", 0755);
    link_to(folder, "link", name);
    LAYER_AUTO layer = {0};
    ERR_AUTO e = {0};
    assert_true(build(folder, 2, NULL, &layer, &e));
    char *list = listing(layer.path);
    char *long_line = mem_printf("app/%s 644 1\n", name),
         *link_line = mem_printf("app/link 777 0 -> %s\n", name);
    char *exact_line = mem_printf("app/%s 644 2\n", exact);
    assert_non_null(strstr(list, long_line));
    assert_non_null(strstr(list, link_line));
    assert_non_null(strstr(list, exact_line));
    assert_non_null(strstr(list, "app/h\xc3\xa9llo.js 755 3\n"));
    assert_true(str_starts(list, "app/ 755 0\napp/a/ 755 0\n"));
    mem_free(list);
    mem_free(long_line);
    mem_free(link_line);
    mem_free(exact_line);
    mem_free(name);
    mem_free(exact);
    mem_free(folder);
}

static void secrets_and_ignored_files_stay_out(void **state)
{
    // whatever .dockerignore says about the former
    char *folder = make_folder("secrets");
    static const char *const out[] = {".env",        ".env.production",  "a/.env",
                                      ".git/config", "tls.pem",          "a/b/key.pem",
                                      ".npmrc",      ".aws/credentials", "x/node_modules/.cache/y",
                                      "logs/a.log",  "build/skip"};
    static const char *const in[] = {
        "index.js",   "a/env.js", "build/keep", "logs/b.txt", ".forestadmin-schema.json",
        ".gitignore", "pem"};
    for (size_t i = 0; i < ARRAY_LEN(out); i++)
        put(folder, out[i], "canary", 0644);
    for (size_t i = 0; i < ARRAY_LEN(in); i++)
        put(folder, in[i], "fine", 0644);
    put(folder, ".dockerignore", "# comment\n**/*.log\n/build/\n!build/keep\n!.env\n", 0644);
    struct ignore ignore;
    ERR_AUTO e = {0};
    assert_true(ignore_load(&ignore, folder, &e));
    LAYER_AUTO layer = {0};
    assert_true(build(folder, 1, &ignore, &layer, &e));
    char *list = listing(layer.path);
    for (size_t i = 0; i < ARRAY_LEN(out); i++) {
        char *line = mem_printf("app/%s ", out[i]);
        assert_null(strstr(list, line));
        mem_free(line);
    }
    for (size_t i = 0; i < ARRAY_LEN(in); i++) {
        char *line = mem_printf("app/%s ", in[i]);
        assert_non_null(strstr(list, line));
        mem_free(line);
    }
    assert_non_null(strstr(list, "app/build/ 755"));
    mem_free(list);
    ignore_clear(&ignore);
    mem_free(folder);
}

static void patterns_fit_as_docker_says(void **state)
{
    // pattern, path, fits
    static const struct {
        const char *pattern, *path;
        bool fits;
    } cases[] = {{"*.js", "a.js", true},     {"*.js", "d/a.js", false},
                 {"**/*.js", "a.js", true},  {"**/*.js", "d/e/a.js", true},
                 {"a/**/b", "a/b", true},    {"a/**/b", "a/x/y/b", true},
                 {"a/**", "a/x/y", true},    {"a?c", "abc", true},
                 {"a?c", "a/c", false},      {"[a-c]x", "bx", true},
                 {"[^a-c]x", "bx", false},   {"[^a-c]x", "dx", true},
                 {"[a", "a", false},         {"\\*", "*", true},
                 {"\\*", "x", false},        {"a*b*c", "axxbyyc", true},
                 {"a*b*c", "axxbyy", false}, {"**", "any/thing", true},
                 {"", "a", false},           {"node_modules", "node_modules", true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (ignore_fits(cases[i].pattern, cases[i].path) != cases[i].fits)
            fail_msg("%s against %s", cases[i].pattern, cases[i].path);
}

static void links_out_are_refused(void **state)
{
    // absolute, one level too high, through a folder; and special files
    static const char *const targets[] = {"/etc/passwd", "..", "../x", "a/../../x",
                                          "sub/../../../x"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        char *folder = make_folder("links");
        link_to(folder, "bad", targets[i]);
        LAYER_AUTO layer = {0};
        ERR_AUTO e = {0};
        assert_false(build(folder, 1, NULL, &layer, &e));
        assert_int_equal(e.kind, ERR_INPUT);
        assert_true(err_says(&e, "link out of the folder"));
        mem_free(folder);
    }
    assert_true(tree_link_stays("a/b/c", "../../x"));
    assert_false(tree_link_stays("a/b/c", "../../../x"));
    char *folder = make_folder("links"), *fifo = fs_join(folder, "pipe");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    LAYER_AUTO layer = {0};
    ERR_AUTO e = {0};
    assert_false(build(folder, 1, NULL, &layer, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    mem_free(fifo);
    mem_free(folder);
}

static void a_full_disk_is_an_error(void **state)
{
    // /dev/full refuses every write; the compressor ends and says so
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) {
        print_message("skipped: there is no /dev/full here\n");
        skip();
    }
    struct gzip *g = gzip_new(fd, 1, 2);
    char *bytes = mem_calloc(1, 1 << 20);
    for (int i = 0; i < 20; i++)
        gzip_add(g, bytes, 1 << 20);
    struct gzip_result result = {0};
    ERR_AUTO e = {0};
    assert_false(gzip_end(g, &result, &e));
    assert_int_equal(e.kind, ERR_IO);
    assert_non_null(e.remedy);
    mem_free(bytes);
    close(fd);
}

static void elf(unsigned char *head, unsigned machine)
{
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    memset(head, 0, 64);
    memcpy(head, magic, sizeof magic);
    head[18] = (unsigned char)machine;
}

static bool gate(const char *path, const unsigned char *head, const char *path2,
                 const unsigned char *head2, enum cpu_arch arch, struct err *e)
{
    struct native_gate g;
    native_init(&g, arch);
    assert_true(native_inspect(&g, path, head, 64, e));
    if (path2)
        assert_true(native_inspect(&g, path2, head2, 64, e));
    bool ok = native_verdict(&g, e);
    native_clear(&g);
    return ok;
}

static void native_modules_of_other_machines_are_found(void **state)
{
    // by package: one fitting build among many is enough
    unsigned char amd[64], arm[64], mac[64] = {0xcf, 0xfa, 0xed, 0xfe}, pe[64] = {'M', 'Z'},
                                    text[64] = "hello";
    elf(amd, 62);
    elf(arm, 183);
    ERR_AUTO e = {0};
    assert_true(gate("bcrypt/b.node", amd, NULL, NULL, ARCH_X86_64, &e));
    assert_false(gate("bcrypt/b.node", amd, NULL, NULL, ARCH_ARM64, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    assert_true(err_says(&e, "bcrypt has a native module"));
    assert_true(err_says(&e, "ELF for amd64"));
    assert_false(gate("a/node_modules/@x/y/build/z.node", mac, NULL, NULL, ARCH_X86_64, &e));
    assert_true(err_says(&e, "@x/y has"));
    assert_false(gate("p/w.node", pe, NULL, NULL, ARCH_X86_64, &e));
    assert_false(gate("p/lib.so", arm, NULL, NULL, ARCH_X86_64, &e));
    assert_true(
        gate("p/prebuilds/darwin/a.node", mac, "p/prebuilds/linux/a.node", amd, ARCH_X86_64, &e));
    assert_false(gate("p/a.node", mac, "q/a.node", amd, ARCH_X86_64, &e));
    assert_true(gate("p/helper.exe", pe, NULL, NULL, ARCH_X86_64, &e));
    assert_true(gate("p/text.node", text, NULL, NULL, ARCH_X86_64, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_content_same_digest),
        cmocka_unit_test(long_and_foreign_names_survive),
        cmocka_unit_test(secrets_and_ignored_files_stay_out),
        cmocka_unit_test(patterns_fit_as_docker_says),
        cmocka_unit_test(links_out_are_refused),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(native_modules_of_other_machines_are_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
