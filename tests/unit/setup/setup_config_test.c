// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"
#include "backend/setup/validate.h"

static char *temp_dir(void)
{
    char *dir = mem_strdup("/tmp/forest-config-XXXXXX");
    assert_non_null(mkdtemp(dir));
    char *real = realpath(dir, NULL);
    mem_free(dir);
    return real;
}

static bool load_text(const char *dir, const char *text, struct answers *out,
                      struct problems *problems, struct err *err)
{
    char *path = fs_join(dir, "setup.json");
    assert_true(fs_write(path, text, strlen(text), 0600, NULL));
    bool ok = config_load(path, out, problems, err);
    mem_free(path);
    return ok;
}

// Claim: every field of the file arrives in the answers.
static void fields_arrive(void **state)
{
    const char *text = "{\"version\":1,\"name\":\"my-admin\",\"aws\":{\"profile\":\"work\","
                       "\"region\":\"eu-west-3\",\"account\":"
                       "\"123456789012\"},\"forest\":{\"env_secret\":\"env:A\",\"auth_secret\":"
                       "\"stdin\",\"server_url\":\"https://f\"},"
                       "\"network\":{\"vpc\":\"prod\",\"subnets\":[\"subnet-0a1b2c3d\",\"subnet-"
                       "0a1b2c3e\"]},\"database\":{\"url\":"
                       "\"env:B\",\"ingress_security_group\":\"sg-0a1b2c3d\",\"ssl_mode\":"
                       "\"verify\",\"schema\":\"s\"},\"backend\":{"
                       "\"source\":{\"git\":{\"url\":\"https://h/"
                       "p\",\"ref\":\"r\",\"folder\":\"f\"}},\"cpu\":512,\"memory\":3072,"
                       "\"architecture\":\"arm64\",\"builder\":\"podman\",\"base_image\":\"r/"
                       "i:t\",\"tasks\":2,\"port\":4000},"
                       "\"options\":{\"kms_key\":true,\"autoscaling\":{\"min\":2,\"max\":5,\"cpu_"
                       "percent\":70},\"log_retention_days\":7,"
                       "\"permissions_boundary\":\"arn:aws:iam::aws:policy/"
                       "x\",\"secret_recovery_days\":10,\"tags\":{\"k\":\"v\"}}}";
    struct answers a = {0};
    struct problems p = {0};
    assert_true(config_parse(text, strlen(text), NULL, &a, &p));
    assert_string_equal(a.name, "my-admin");
    assert_string_equal(a.aws.profile, "work");
    assert_string_equal(a.aws.region, "eu-west-3");
    assert_string_equal(a.aws.account, "123456789012");
    assert_int_equal(a.forest.env_secret.from, SECRET_ENV);
    assert_string_equal(a.forest.env_secret.where, "A");
    assert_int_equal(a.forest.auth_secret.from, SECRET_STDIN);
    assert_string_equal(a.forest.server_url, "https://f");
    assert_false(a.network.new_vpc);
    assert_string_equal(a.network.vpc, "prod");
    assert_int_equal(a.network.subnet_count, 2);
    assert_string_equal(a.network.subnets[1], "subnet-0a1b2c3e");
    assert_string_equal(a.database.url.where, "B");
    assert_string_equal(a.database.ingress_security_group, "sg-0a1b2c3d");
    assert_string_equal(a.database.ssl_mode, "verify");
    assert_string_equal(a.database.schema, "s");
    assert_int_equal(a.backend.source, SOURCE_GIT);
    assert_string_equal(a.backend.git_url, "https://h/p");
    assert_string_equal(a.backend.git_ref, "r");
    assert_string_equal(a.backend.git_folder, "f");
    assert_int_equal(a.backend.cpu_units, 512);
    assert_int_equal(a.backend.memory_mib, 3072);
    assert_int_equal(a.backend.arch, ARCH_ARM64);
    assert_int_equal(a.backend.builder, BUILDER_PODMAN);
    assert_string_equal(a.backend.base_image, "r/i:t");
    assert_int_equal(a.backend.tasks, 2);
    assert_int_equal(a.backend.port, 4000);
    assert_true(a.options.kms_key && a.options.autoscaling);
    assert_int_equal(a.options.min_tasks, 2);
    assert_int_equal(a.options.max_tasks, 5);
    assert_int_equal(a.options.cpu_percent, 70);
    assert_int_equal(a.options.log_days, 7);
    assert_string_equal(a.options.permissions_boundary, "arn:aws:iam::aws:policy/x");
    assert_int_equal(a.options.secret_recovery_days, 10);
    assert_string_equal(a.options.tags[0].value, "v");
    // Claim: a copy writes the same file, and shares no memory with the first.
    struct answers copy = {0};
    answers_copy(&copy, &a);
    struct json *one = config_write(&a);
    answers_clear(&a);
    struct json *two = config_write(&copy);
    char *first = json_print(one);
    char *second = json_print(two);
    assert_string_equal(first, second);
    mem_free(first);
    mem_free(second);
    json_free(one);
    json_free(two);
    answers_clear(&copy);
}

// Claim: the defaults are those of the layout that the users were told.
static void defaults_hold(void **state)
{
    struct answers a = {0};
    struct problems p = {0};
    assert_true(config_parse("{\"version\":1}", 13, NULL, &a, &p));
    assert_int_equal(a.forest.auth_secret.from, SECRET_GENERATE);
    assert_int_equal(a.backend.arch, ARCH_X86_64);
    assert_int_equal(a.backend.cpu_units, 256);
    assert_int_equal(a.backend.memory_mib, 512);
    assert_int_equal(a.backend.source, SOURCE_BUILTIN);
    assert_string_equal(a.database.ssl_mode, "preferred");
    assert_int_equal(a.options.secret_recovery_days, 7);
    // Claim: exactly the answers without which nothing can run are missing.
    assert_false(validate_complete(&a, &p));
    assert_int_equal(p.count, 4);
    assert_string_equal(p.items[0].path, "name");
    assert_string_equal(p.items[1].path, "forest.env_secret");
    assert_string_equal(p.items[2].path, "network");
    assert_string_equal(p.items[3].path, "database.url");
    problems_clear(&p);
    answers_clear(&a);
}

// Claim: relative paths are taken from the file's directory, so that the file can be used from
// anywhere.
static void paths_are_relative_to_the_file(void **state)
{
    char *dir = temp_dir();
    struct answers a = {0};
    struct problems p = {0};
    assert_true(load_text(dir,
                          "\xEF\xBB\xBF{\"version\":1,\"forest\":{\"env_secret\":\"file:env\"},"
                          "\"backend\":{\"source\":{"
                          "\"folder\":\"./admin\"}}}",
                          &a, &p, NULL));
    char *folder = fs_join(dir, "admin");
    char *file = fs_join(dir, "env");
    assert_string_equal(a.backend.folder, folder);
    assert_string_equal(a.forest.env_secret.where, file);
    mem_free(folder);
    mem_free(file);
    answers_clear(&a);
    assert_true(fs_remove_tree(dir, NULL));
    mem_free(dir);
}

// Claim: a file that is absent, a directory, a device or too large is one clear error with its
// path.
static void files_that_cannot_be_read(void **state)
{
    static const struct {
        const char *path;
        enum err_kind kind;
    } cases[] = {
        {"/nonexistent/setup.json", ERR_NOT_FOUND}, {"/tmp", ERR_INPUT}, {"/dev/zero", ERR_INPUT}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answers a = {0};
        struct problems p = {0};
        struct err err = {0};
        assert_false(config_load(cases[i].path, &a, &p, &err));
        assert_int_equal(err.kind, cases[i].kind);
        assert_non_null(strstr(err.message, cases[i].path));
        err_clear(&err);
        answers_clear(&a);
    }
    char *dir = temp_dir();
    char *big = mem_alloc(CONFIG_MAX_BYTES + 2);
    memset(big, ' ', CONFIG_MAX_BYTES + 1);
    big[CONFIG_MAX_BYTES + 1] = '\0';
    struct answers a = {0};
    struct problems p = {0};
    struct err err = {0};
    assert_false(load_text(dir, big, &a, &p, &err));
    assert_non_null(strstr(err.message, "larger"));
    err_clear(&err);
    mem_free(big);
    answers_clear(&a);
    assert_true(fs_remove_tree(dir, NULL));
    mem_free(dir);
}

// Claim: hostile depth and thousands of errors end in a bounded list, quickly.
static void hostile_files_are_bounded(void **state)
{
    struct str text = {0};
    str_init(&text, STR_FILE);
    for (int i = 0; i < 50000; i++)
        str_addc(&text, '[');
    struct answers a = {0};
    struct problems p = {0};
    assert_false(config_parse(text.data, text.len, NULL, &a, &p));
    assert_int_equal(p.count, 1);
    problems_clear(&p);
    str_reset(&text);
    str_add(&text, "{\"version\":1");
    for (int i = 0; i < 3000; i++)
        str_addf(&text, ",\n\"x%d\":1", i);
    str_add(&text, "}");
    assert_false(config_parse(text.data, text.len, NULL, &a, &p));
    assert_int_equal(p.count, PROBLEMS_MAX);
    problems_clear(&p);
    str_clear(&text);
    answers_clear(&a);
}

// Claim: a typed secret is written as a reference to its usual variable, never as itself.
static void typed_secrets_are_not_written(void **state)
{
    struct answers a = {0};
    answers_init(&a);
    a.forest.env_secret.from = SECRET_TYPED;
    assert_true(secret_set(&a.forest.env_secret.value, "hunter2hunter2", 14, NULL));
    struct json *tree = config_write(&a);
    char *text = json_print(tree);
    assert_null(strstr(text, "hunter2"));
    assert_string_equal(json_str(tree, "forest.env_secret"), "env:FOREST_ENV_SECRET");
    mem_free(text);
    json_free(tree);
    answers_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_arrive),
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(paths_are_relative_to_the_file),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(hostile_files_are_bounded),
        cmocka_unit_test(typed_secrets_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
