// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/net/http.h"

static void loopback_is_only_this_machine(void **state)
{
    // Names and addresses that look local but are not stay foreign.
    static const char *const local[] = {"localhost",   "LOCALHOST", "a.localhost", "127.0.0.1",
                                        "127.255.0.9", "::1",       "[::1]"};
    static const char *const foreign[] = {
        "",           "localhost.com", "xlocalhost",  "127.0.0.1.example.com",
        "127.1",      "0127.0.0.1",    "127.0.0.01",  "128.0.0.1",
        "10.0.0.1",   "::2",           "127.0.0.256", "127.0.0.1 ",
        "127.0.0.1.", "0.0.0.0"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        assert_true(http_host_is_loopback(local[i]));
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        assert_false(http_host_is_loopback(foreign[i]));
    assert_false(http_host_is_loopback(NULL));
}

static void parts_are_found(void **state)
{
    // Scheme, host, port, path and query come out as given; missing ones have their defaults.
    struct http_url u;
    assert_true(http_url_parse("HTTPS://ec2.amazonaws.com:8443/v2/%24default/?a=b?c", &u, NULL));
    assert_string_equal(u.scheme, "https");
    assert_string_equal(u.host, "ec2.amazonaws.com");
    assert_int_equal(u.port, 8443);
    assert_string_equal(u.path, "/v2/%24default/");
    assert_string_equal(u.query, "a=b?c");
    http_url_clear(&u);
    assert_true(http_url_parse("http://[::1]?q", &u, NULL));
    assert_string_equal(u.host, "::1");
    assert_int_equal(u.port, 0);
    assert_string_equal(u.path, "/");
    assert_string_equal(u.query, "q");
    http_url_clear(&u);
}

static void host_header_has_only_unusual_ports(void **state)
{
    // Host: as libcurl sends it, because it is signed.
    static const char *const table[][2] = {
        {"https://a.b/", "a.b"},
        {"https://a.b:443/", "a.b"},
        {"https://a.b:80/", "a.b:80"},
        {"http://localhost:80", "localhost"},
        {"http://[::1]:5000/", "[::1]:5000"},
        {"http://[::1]/", "[::1]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct http_url u;
        assert_true(http_url_parse(table[i][0], &u, NULL));
        AUTO_FREE char *host = http_url_host_header(&u);
        assert_string_equal(host, table[i][1]);
        http_url_clear(&u);
    }
}

static void bad_urls_are_refused_without_being_shown(void **state)
{
    // ERR_INPUT, and the message never repeats the URL, which may hold a password.
    static const char *const bad[] = {"",
                                      "ftp://a/",
                                      "https://",
                                      "https:///x",
                                      "https://user:hunter2@host/",
                                      "https://host:0/",
                                      "https://host:65536/",
                                      "https://host:12x/",
                                      "https://host:/",
                                      "https://[::1/",
                                      "https://[hunter2]/",
                                      "https://ho st/",
                                      "https://host/a b",
                                      "https://host/\n",
                                      "https://host/#hunter2",
                                      "https://h\xc3\xa9/",
                                      "//host/",
                                      "https://host\\evil/"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_url u;
        ERR_AUTO err = {0};
        assert_false(http_url_parse(bad[i], &u, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_null(strstr(err.message, "hunter2"));
        http_url_clear(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_only_this_machine),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(host_header_has_only_unusual_ports),
        cmocka_unit_test(bad_urls_are_refused_without_being_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
