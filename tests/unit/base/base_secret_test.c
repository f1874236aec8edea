// SPDX-License-Identifier: MIT
// A secret cannot be longer than what is stored, holds no NUL, and is scrubbed in every form as
// long as it lives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"

static const char canary[] = "s3cr\"et/with+odd&chars";

static void limits(void **state)
{
    SECRET_AUTO s = {0};
    struct err e = {0};
    assert_false(secret_set(&s, "a\0b", 3, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    AUTO_FREE char *large = mem_calloc(1, SECRET_MAX_BYTES + 1);
    memset(large, 'x', SECRET_MAX_BYTES + 1);
    assert_false(secret_set(&s, large, SECRET_MAX_BYTES + 1, &e));
    assert_true(secret_set(&s, large, SECRET_MAX_BYTES, &e));
    assert_null(strstr(e.message, "xxx")); // the message does not repeat the value
    err_clear(&e);
}

// Raw, percent-encoded, JSON-escaped and base64 forms are blanked; after its end the value is not
// known any more.
static void scrubbed_in_every_form(void **state)
{
    struct secret s = {0};
    assert_true(secret_set(&s, canary, strlen(canary), NULL));
    AUTO_FREE char *uri = encode_uri(canary, strlen(canary), false);
    AUTO_FREE char *json = encode_json(canary);
    AUTO_FREE char *base64 = encode_base64(canary, strlen(canary));
    const char *forms[] = {canary, uri, json, base64};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO_FREE char *text = mem_printf("before %s after %s", forms[i], forms[i]);
        AUTO_FREE char *clean = secret_scrub(text);
        assert_string_equal(clean, "before *** after ***");
    }
    struct secret copy = {0};
    secret_copy(&copy, &s);
    secret_clear(&s);
    AUTO_FREE char *still = secret_scrub(canary);
    assert_string_equal(still, "***"); // the copy lives
    secret_clear(&copy);
    AUTO_FREE char *gone = secret_scrub(canary);
    assert_string_equal(gone, canary);
}

// A line of the log holds no secret and no control character, and the file is the user's alone.
static void log_lines_are_clean(void **state)
{
    char path[] = "/tmp/forest-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct secret s = {0};
    secret_set(&s, canary, strlen(canary), NULL);
    assert_true(log_open(path, NULL));
    log_line("test", "value %s and \x1b[2J", canary);
    log_close();
    log_line("test", "not written");
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    assert_true(fs_read(path, &text, NULL));
    assert_non_null(strstr(text.data, "value *** and \\x1b[2J"));
    assert_null(strstr(text.data, "not written"));
    secret_clear(&s);
    fs_remove_tree(path, NULL);
}

// No core can be written once the process is protected, and TLS keys are not logged.
static void process_is_protected(void **state)
{
    setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
    secret_protect_process();
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    assert_int_equal(limit.rlim_cur, 0);
    assert_int_equal(limit.rlim_max, 0);
    assert_null(getenv("SSLKEYLOGFILE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(scrubbed_in_every_form),
        cmocka_unit_test(log_lines_are_clean),
        cmocka_unit_test(process_is_protected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
