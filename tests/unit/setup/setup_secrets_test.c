// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/answers.h"

#define URL "postgres://app:hunter2secret@db/x"

static void refer(struct secret_answer *answer, enum secret_from from, const char *where)
{
    answer->from = from;
    str_replace(&answer->where, where);
}

static void start(struct answers *a)
{
    answers_init(a);
    refer(&a->forest.env_secret, SECRET_ENV, "TEST_ENV_SECRET");
    refer(&a->database.url, SECRET_ENV, "TEST_URL");
    assert_int_equal(setenv("TEST_ENV_SECRET", "from-the-environment", 1), 0);
    assert_int_equal(setenv("TEST_URL", URL, 1), 0);
}

// Gives `text` as stdin to what follows.
static void pipe_in(const char *text, size_t length)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, length), (ssize_t)length);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
}

// Claim: variables are read, and then no child can inherit them; an auth secret is made when asked
// for.
static void environment_is_read_once(void **state)
{
    struct answers a = {0};
    start(&a);
    struct err err = {0};
    assert_true(answers_resolve_secrets(&a, &err));
    assert_string_equal(secret_reveal(&a.forest.env_secret.value), "from-the-environment");
    assert_string_equal(secret_reveal(&a.database.url.value), URL);
    const char *made = secret_reveal(&a.forest.auth_secret.value);
    assert_int_equal(strlen(made), 64);
    assert_int_equal(strspn(made, "0123456789abcdef"), 64);
    assert_null(getenv("TEST_ENV_SECRET"));
    assert_null(getenv("TEST_URL"));
    assert_true(answers_resolve_secrets(&a, &err)); // values that are there stay
    answers_clear(&a);
}

// Claim: a variable that is not set, or empty, is named with a remedy.
static void missing_variable_is_named(void **state)
{
    for (int empty = 0; empty < 2; empty++) {
        struct answers a = {0};
        start(&a);
        if (empty)
            assert_int_equal(setenv("TEST_ENV_SECRET", "", 1), 0);
        else
            unsetenv("TEST_ENV_SECRET");
        struct err err = {0};
        assert_false(answers_resolve_secrets(&a, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_non_null(strstr(err.message, "forest.env_secret"));
        assert_non_null(strstr(err.message, "TEST_ENV_SECRET"));
        assert_non_null(strstr(err.remedy, "TEST_ENV_SECRET"));
        err_clear(&err);
        answers_clear(&a);
    }
}

static char *write_secret(const char *text, size_t length, unsigned mode)
{
    char *path = mem_strdup("/tmp/forest-secret-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static bool resolve_file(const char *path, char **out, struct err *err)
{
    struct answers a = {0};
    start(&a);
    refer(&a.forest.env_secret, SECRET_FILE, path);
    bool ok = answers_resolve_secrets(&a, err);
    *out = ok ? mem_strdup(secret_reveal(&a.forest.env_secret.value)) : NULL;
    answers_clear(&a);
    return ok;
}

// Claim: from a file only the last line end goes; every other byte is kept as it is.
static void file_bytes_are_kept(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {{"abc\n", "abc"},           {"abc\r\n", "abc"},  {"abc", "abc"},
                 {" a b \n", " a b "},       {"a\nb\n", "a\nb"},  {"$x\"\\%&'`\n", "$x\"\\%&'`"},
                 {"\xC3\xA9\n", "\xC3\xA9"}, {"abc\n\n", "abc\n"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *path = write_secret(cases[i].text, strlen(cases[i].text), 0600);
        char *value = NULL;
        assert_true(resolve_file(path, &value, NULL));
        assert_string_equal(value, cases[i].value);
        unlink(path);
        mem_free(path);
        mem_free(value);
    }
}

// Claim: files that cannot hold a secret are refused with their path and never with their content.
static void bad_files_are_refused(void **state)
{
    char *big = mem_alloc(SECRET_MAX_BYTES + 10);
    memset(big, 'x', SECRET_MAX_BYTES + 10);
    const struct {
        const char *text;
        size_t length;
        unsigned mode;
        const char *says;
    } cases[] = {{"", 0, 0600, "empty"},
                 {"\n", 1, 0600, "empty"},
                 {"a\0b", 3, 0600, "zero byte"},
                 {big, SECRET_MAX_BYTES + 10, 0600, "longer"},
                 {big, SECRET_MAX_BYTES + 1, 0600, "longer"},
                 {"hunter2", 7, 0666, "every user"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *path = write_secret(cases[i].text, cases[i].length, cases[i].mode);
        char *value = NULL;
        struct err err = {0};
        assert_false(resolve_file(path, &value, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        if (!strstr(err.message, cases[i].says) || !strstr(err.message, path))
            fail_msg("case %zu: %s", i, err.message);
        assert_null(strstr(err.message, "hunter2"));
        err_clear(&err);
        unlink(path);
        mem_free(path);
    }
    static const char *const places[] = {"/tmp", "/dev/zero", "/nonexistent"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char *value = NULL;
        struct err err = {0};
        assert_false(resolve_file(places[i], &value, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_non_null(strstr(err.message, places[i]));
        err_clear(&err);
    }
    mem_free(big);
}

// Claim: one secret on stdin is the bare value; several are a JSON object with their fields.
static void stdin_is_read_once(void **state)
{
    struct answers a = {0};
    start(&a);
    refer(&a.forest.env_secret, SECRET_STDIN, NULL);
    pipe_in("piped\n", 6);
    assert_true(answers_resolve_secrets(&a, NULL));
    assert_string_equal(secret_reveal(&a.forest.env_secret.value), "piped");
    answers_clear(&a);

    start(&a);
    refer(&a.forest.env_secret, SECRET_STDIN, NULL);
    refer(&a.database.url, SECRET_STDIN, NULL);
    const char *both = "{\"forest.env_secret\":\"piped\",\"database.url\":\"" URL "\"}";
    pipe_in(both, strlen(both));
    assert_true(answers_resolve_secrets(&a, NULL));
    assert_string_equal(secret_reveal(&a.forest.env_secret.value), "piped");
    assert_string_equal(secret_reveal(&a.database.url.value), URL);
    answers_clear(&a);
}

// Claim: what stdin holds is never repeated when it cannot be used.
static void bad_stdin_is_not_repeated(void **state)
{
    static const char *const texts[] = {"hunter2", "{\"forest.env_secret\":\"hunter2\"}",
                                        "{\"a\":\"hunter2", "[]", ""};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct answers a = {0};
        start(&a);
        refer(&a.forest.env_secret, SECRET_STDIN, NULL);
        refer(&a.database.url, SECRET_STDIN, NULL);
        pipe_in(texts[i], strlen(texts[i]));
        struct err err = {0};
        assert_false(answers_resolve_secrets(&a, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_null(strstr(err.message, "hunter2"));
        err_clear(&err);
        answers_clear(&a);
    }
}

// Claim: a database URL that cannot be read is refused here, without its password.
static void bad_url_is_refused(void **state)
{
    struct answers a = {0};
    start(&a);
    assert_int_equal(setenv("TEST_URL", "postgres://app:hunter2@x@db/x", 1), 0);
    struct err err = {0};
    assert_false(answers_resolve_secrets(&a, &err));
    assert_non_null(strstr(err.message, "database.url"));
    assert_null(strstr(err.message, "hunter2"));
    assert_non_null(strstr(err.remedy, "%40"));
    err_clear(&err);
    answers_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_is_read_once), cmocka_unit_test(missing_variable_is_named),
        cmocka_unit_test(file_bytes_are_kept),      cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(stdin_is_read_once),       cmocka_unit_test(bad_stdin_is_not_repeated),
        cmocka_unit_test(bad_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
