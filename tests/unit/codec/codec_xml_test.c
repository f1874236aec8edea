// SPDX-License-Identifier: MIT
// Answers are found by local name, entity tricks are refused, and nothing outside the text is ever
// read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/codec/xml.h"

static struct xml *parse(const char *text, struct err *e)
{
    return xml_parse(text, strlen(text), e);
}

static void finds_by_path(void **state)
{
    XML_AUTO *x = parse("<R xmlns=\"http://x/\"><set/><set><item><id> a "
                        "</id><n>7</n></item><item><id>b</id><n>x</n></item>"
                        "</set><empty/></R>",
                        NULL);
    const struct xml_node *r = xml_root(x);
    assert_string_equal(xml_name(r), "R");
    assert_string_equal(xml_str(r, "set/item/id"),
                        "a"); // trimmed, also behind an empty first <set/>
    assert_int_equal(xml_long(r, "set/item/n", 0), 7);
    const struct xml_node *second = xml_next(xml_find(r, "set/item"));
    assert_string_equal(xml_str(second, "id"), "b");
    assert_int_equal(xml_long(second, "n", -1), -1);
    assert_null(xml_next(second));
    assert_int_equal(xml_count(r, "set/item"), 2);
    assert_string_equal(xml_str(r, "empty"), "");
    assert_null(xml_str(r, "absent"));
    assert_string_equal(xml_str_or(r, "empty", "fallback"), "fallback");
    assert_null(xml_str(NULL, "x"));
}

static void refuses_tricks(void **state)
{
    const char *bad[] = {
        "",
        "not xml",
        "<a>",
        "<a></b>",
        "{\"a\":1}",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;&x;\">]><a>&y;</a>",
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\"><a/>",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ERR_AUTO e = {0};
        struct xml *x = parse(bad[i], &e);
        assert_null(x);
        assert_int_equal(e.kind, ERR_REMOTE);
    }
    // Entities that XML itself has are fine.
    XML_AUTO *x = parse("<a>1 &lt; 2 &amp; &#65;</a>", NULL);
    assert_string_equal(xml_str(xml_root(x), ""), "1 < 2 & A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_by_path),
                                       cmocka_unit_test(refuses_tricks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
