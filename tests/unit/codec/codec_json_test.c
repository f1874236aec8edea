// SPDX-License-Identifier: MIT
// What RFC 8259 refuses is refused, and so are duplicate keys, NUL and trash behind the value; what
// is read is exact.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"

static struct json *parse(const char *text)
{
    return json_parse(text, strlen(text), NULL, NULL);
}

static const char *const refused[] = {
    "",
    " ",
    "{",
    "[",
    "]",
    "{]",
    "[1,]",
    "[,1]",
    "{\"a\":1,}",
    "{a:1}",
    "{'a':1}",
    "{\"a\" 1}",
    "{\"a\":}",
    "[1 2]",
    "01",
    "-",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "tru",
    "nul",
    "\"",
    "\"a",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"",
    "\"a\nb\"",
    "\"\t\"",
    "[1]x",
    "{} {}",
    "[\"a\"",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":{\"b\":1,\"b\":1}}",
    "\"\xff\"",
    "\"\xC0\xAF\"",
    "\"\xED\xA0\x80\"",
    "\xEF\xBB\xBF{}",
    "//c\n1",
    "/*c*/1",
    "[1,,2]",
    "\"\\",
};

static void refuses_what_is_not_json(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        ERR_AUTO e = {0};
        struct json *j = json_parse(refused[i], strlen(refused[i]), NULL, &e);
        if (j)
            print_message("accepted: %s\n", refused[i]);
        assert_null(j);
        assert_int_equal(e.kind, ERR_INPUT);
        assert_non_null(strstr(e.message, "line "));
    }
    assert_null(json_parse("1\0002", 3, NULL, NULL));
}

static void accepts_what_is(void **state)
{
    const char *good[] = {"0",
                          "-0",
                          "1.5e-3",
                          "\"\\ud83d\\ude00\"",
                          "[]",
                          "{}",
                          " [ 1 , \"a\" , null , true ] \n",
                          "{\"a\":{\"b\":[{}]}}",
                          "\"\\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                          "{\"\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        JSON_AUTO *j = parse(good[i]);
        assert_non_null(j);
    }
}

static void depth_is_bounded(void **state)
{
    char deep[200000];
    memset(deep, '[', sizeof deep);
    ERR_AUTO e = {0};
    assert_null(json_parse(deep, sizeof deep, NULL, &e));
    assert_non_null(strstr(e.message, "deeply"));
}

static void getters_and_paths(void **state)
{
    JSON_AUTO *j = parse("{\"Region\":\"x\",\"region\":\"y\",\"n\":3,\"big\":9007199254740994,"
                         "\"f\":1.5,\"list\":[{\"id\":"
                         "\"a\"},{\"id\":\"b\"}],\"on\":true}");
    assert_string_equal(json_str(j, "region"), "y"); // with its case
    assert_string_equal(json_str(j, "list.1.id"), "b");
    assert_null(json_str(j, "list.2.id"));
    assert_null(json_str(j, "n"));
    assert_int_equal(json_int(j, "n", 0), 3);
    assert_int_equal(json_int(j, "f", -1), -1);
    assert_int_equal(json_int(j, "big", -1), -1); // beyond what a double holds exactly
    assert_true(json_bool(j, "on", false));
    assert_int_equal(json_count(json_get(j, "list")), 2);
    assert_int_equal(json_type(json_get(j, "absent")), JSON_ABSENT);
    assert_null(json_get(NULL, "x"));
}

// Places tell the line of every value, so that a message about a file can name it.
static void places_name_lines(void **state)
{
    const char *text =
        "{\n \"aws\": {\n  \"region\": \"x\"\n },\n \"subnets\": [\n  \"a\",\n  \"b\"\n ]\n}";
    struct json_places places = {0};
    JSON_AUTO *j = json_parse(text, strlen(text), &places, NULL);
    assert_non_null(j);
    assert_int_equal(json_line(&places, "aws.region"), 3);
    assert_int_equal(json_line(&places, "subnets[1]"), 7);
    assert_int_equal(json_line(&places, "nothing"), 0);
    json_places_clear(&places);
}

static void built_and_printed(void **state)
{
    JSON_AUTO *o = json_strings("a", "1", "skipped", NULL, "b", "\"\n", NULL);
    json_put_int(json_put(o, "in", json_object()), "n", 42);
    json_push_str(json_put(o, "list", json_array()), "x");
    json_put_str(o, "a", "2"); // replaces
    AUTO_FREE char *line = json_print(o);
    assert_string_equal(line, "{\"b\":\"\\\"\\n\",\"in\":{\"n\":42},\"list\":[\"x\"],\"a\":\"2\"}");
    AUTO_FREE char *pretty = json_print_pretty(o);
    JSON_AUTO *again = parse(pretty);
    AUTO_FREE char *line_again = json_print(again);
    assert_string_equal(line_again, line);
    json_wipe(o, "b");
    assert_string_equal(json_str(o, "b"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_json), cmocka_unit_test(accepts_what_is),
        cmocka_unit_test(depth_is_bounded),         cmocka_unit_test(getters_and_paths),
        cmocka_unit_test(places_name_lines),        cmocka_unit_test(built_and_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
