// SPDX-License-Identifier: MIT
// Strings stay within their bounds, errors keep their context, encodings are exact, remote text is
// made harmless.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/encode.h"
#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

// A string never grows past its maximum and says that it dropped something.
static void str_keeps_its_maximum(void **state)
{
    STR_AUTO s = {0};
    str_init(&s, 10);
    str_add(&s, "12345678");
    assert_false(s.truncated);
    str_addf(&s, "%s", "abcdef");
    assert_true(s.truncated);
    assert_string_equal(s.data, "12345678ab");
    str_addc(&s, 'x');
    assert_int_equal(s.len, 10);
    str_reset(&s);
    assert_string_equal(s.data, "");
}

// Context goes in front, the remedy and code stay, a later failure replaces all of it.
static void err_carries_context(void **state)
{
    struct err e = {0};
    assert_false(err_set(&e, ERR_DENIED, "no %s", "entry"));
    err_remedy(&e, "ask");
    err_code(&e, "AccessDenied");
    err_wrap(&e, "reading %d", 7);
    assert_string_equal(e.message, "reading 7: no entry");
    assert_true(err_is(&e, "AccessDenied"));
    assert_true(err_says(&e, "NO ENTRY"));
    assert_string_equal(e.remedy, "ask");
    err_set(&e, ERR_INPUT, "again: %s", e.message); // the argument points into the error itself
    assert_string_equal(e.message, "again: reading 7: no entry");
    assert_null(e.remedy);
    assert_null(e.code);
    struct err moved = {0};
    err_move(&moved, &e);
    assert_null(e.message);
    assert_int_equal(moved.kind, ERR_INPUT);
    err_clear(&moved);
    assert_false(err_set(NULL, ERR_IO, "nobody cares"));
}

// Percent encoding is RFC 3986's, upper case, and comes back; broken escapes and %00 are refused.
static void uri_both_ways(void **state)
{
    AUTO_FREE char *encoded = encode_uri("a b/ü~%", strlen("a b/ü~%"), false);
    assert_string_equal(encoded, "a%20b%2F%C3%BC~%25");
    AUTO_FREE char *decoded = decode_uri(encoded, strlen(encoded));
    assert_string_equal(decoded, "a b/ü~%");
    AUTO_FREE char *slash = encode_uri("a/b", 3, true);
    assert_string_equal(slash, "a/b");
    const char *bad[] = {"%", "%2", "%zz", "a%0", "%00", "x%0g"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(decode_uri(bad[i], strlen(bad[i])));
    AUTO_FREE char *last = decode_uri("%41", 3);
    assert_string_equal(last, "A");
}

// RFC 4648 vectors, both ways, and what is not base64 is refused.
static void base64_vectors(void **state)
{
    const char *pairs[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        AUTO_FREE char *encoded = encode_base64(pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(encoded, pairs[i][1]);
        size_t length = 0;
        AUTO_FREE char *decoded = decode_base64(encoded, &length);
        assert_string_equal(decoded, pairs[i][0]);
        assert_int_equal(length, strlen(pairs[i][0]));
    }
    size_t length = 0;
    assert_null(decode_base64("Zm9v!", &length));
    assert_null(decode_base64("Zm 9v", &length));
}

static void crc_and_hex(void **state)
{
    assert_int_equal(encode_crc32(0, "123456789", 9),
                     0xCBF43926u); // the check value of CRC-32/ISO-HDLC
    AUTO_FREE char *hex = encode_hex("\x00\xffz", 3);
    assert_string_equal(hex, "00ff7a");
    AUTO_FREE char *json = encode_json("a\"\\\n\x01\x7f");
    assert_string_equal(json, "a\\\"\\\\\\n\\u0001\\u007f");
}

// Nothing that a terminal would obey or that would hide comes through; broken UTF-8 is shown as
// such.
static void remote_text_is_harmless(void **state)
{
    const char *cases[][2] = {
        {"plain ü 東京", "plain ü 東京"},
        {"a\x1b[2Jb", "a\\x1b[2Jb"},
        {"x\r\ny\a", "x\\x0d\\x0ay\\x07"},
        {"\xC2\x9B"
         "31m",
         "\\x9b31m"}, // C1 CSI
        {"abc\xE2\x80\xAE"
         "def",
         "abc\\u202edef"},               // right-to-left override
        {"z\xE2\x80\x8Bw", "z\\u200bw"}, // zero width space
        {"\xff\xfe", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 // overlong slash
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // lone surrogate
        {"\xE6\x9D", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 // cut short
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO_FREE char *safe = text_safe(cases[i][0], 100);
        assert_string_equal(safe, cases[i][1]);
    }
    AUTO_FREE char *cut = text_safe("abcdef", 3);
    assert_string_equal(cut, "abc\xE2\x80\xA6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_keeps_its_maximum), cmocka_unit_test(err_carries_context),
        cmocka_unit_test(uri_both_ways),         cmocka_unit_test(base64_vectors),
        cmocka_unit_test(crc_and_hex),           cmocka_unit_test(remote_text_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
