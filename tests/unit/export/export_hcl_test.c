// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/hcl.h"

static const struct hcl_reference items[] = {{"<vpc>", "aws_vpc.main.id"},
                                             {"forestadmin-x", "local.name"},
                                             {"forestadmin-x-long", "local.long"}};
static const struct hcl_references references = {items, 3};

static void quoted_as(const char *text, const char *expected)
{
    char *quoted = hcl_quote(&references, text);
    assert_string_equal(quoted, expected);
    mem_free(quoted);
}

// Claim: every text that means something in a template comes out escaped.
static void texts_are_escaped(void **state)
{
    quoted_as("plain", "\"plain\"");
    quoted_as("", "\"\"");
    quoted_as("say \"x\" \\ y", "\"say \\\"x\\\" \\\\ y\"");
    quoted_as("${file(\"/etc/passwd\")}", "\"$${file(\\\"/etc/passwd\\\")}\"");
    quoted_as("%{for x in y}", "\"%%{for x in y}\"");
    quoted_as("$default", "\"$default\"");
    quoted_as("$${a}", "\"$\\u0024{a}\"");
    quoted_as("a\nb\tc\rd", "\"a\\nb\\tc\\rd\"");
    quoted_as("\x01\x7f", "\"\\u0001\\u007f\"");
    quoted_as("\xC3\xA9\xE2\x82\xAC", "\"\xC3\xA9\xE2\x82\xAC\"");
}

// Claim: a reference alone is bare, within a text a template; the longest one wins.
static void references_are_code(void **state)
{
    quoted_as("<vpc>", "aws_vpc.main.id");
    quoted_as("forestadmin-x", "local.name");
    quoted_as("forestadmin-x-long", "local.long");
    quoted_as("a-<vpc>-${b}", "\"a-${aws_vpc.main.id}-$${b}\"");
}

// What the parser of HCL reads: a quoted template without any unescaped sequence.
static bool is_one_template(const char *text)
{
    size_t n = strlen(text);
    if (n < 2 || text[0] != '"' || text[n - 1] != '"')
        return false;
    for (const char *p = text + 1; p < text + n - 1; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '"')
            return false;
        if (*p == '\\') {
            if (!strchr("nrt\"\\u", p[1]))
                return false;
            p++;
        } else if ((*p == '$' || *p == '%') && p[1] == '{') {
            return false;
        } else if ((*p == '$' || *p == '%') && p[1] == *p && p[2] == '{') {
            p += 2;
        }
    }
    return true;
}

// Claim: no text at all, of any bytes, leaves its quotes.
static void no_text_leaves_its_quotes(void **state)
{
    static const char alphabet[] = "${}%\"\\\n\r\t\x01\x7f"
                                   "ab.\xC3\xA9";
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t n = (size_t)round % (sizeof text - 1);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        text[n] = '\0';
        char *quoted = hcl_quote(NULL, text);
        assert_true(is_one_template(quoted));
        mem_free(quoted);
    }
}

// Claim: keys and labels are never code either, not even when a reference stands in them.
static void keys_are_texts(void **state)
{
    struct hcl h;
    hcl_init(&h, &references);
    struct json *map = json_object();
    json_put_str(map, "a b", "1");
    json_put_str(map, "${x}", "<vpc>");
    json_put_str(map, "<vpc>", "2");
    json_put_str(map, "plain", "3");
    hcl_value(&h, "tags", map);
    char *text = hcl_take(&h);
    assert_string_equal(text, "tags = {\n"
                              "  \"a b\"   = \"1\"\n"
                              "  \"$${x}\" = aws_vpc.main.id\n"
                              "  \"<vpc>\" = \"2\"\n"
                              "  plain   = \"3\"\n"
                              "}\n");
    mem_free(text);
    json_free(map);
}

// Claim: the layout is the formatter's: "=" below each other, nested values indented, comments on
// one line.
static void layout(void **state)
{
    struct hcl h;
    hcl_init(&h, &references);
    hcl_begin(&h, "resource", "aws_x", "y");
    hcl_comment(&h, "two\nlines");
    hcl_text(&h, "a", "1");
    hcl_code(&h, "longer", "true");
    static const char source[] = "[{\"b\":1,\"ccc\":[1,2]},\"x\"]";
    struct json *list = json_parse(source, sizeof source - 1, NULL, NULL);
    hcl_document(&h, "policy", list);
    hcl_empty(&h);
    hcl_empty(&h);
    hcl_addresses(&h, "depends_on", "a.b,c.d");
    hcl_end(&h);
    char *text = hcl_take(&h);
    assert_string_equal(text, "resource \"aws_x\" \"y\" {\n"
                              "  # two lines\n"
                              "  a      = \"1\"\n"
                              "  longer = true\n"
                              "  policy = jsonencode([\n"
                              "    {\n"
                              "      b   = 1\n"
                              "      ccc = [1, 2]\n"
                              "    },\n"
                              "    \"x\",\n"
                              "  ])\n"
                              "\n"
                              "  depends_on = [\n"
                              "    a.b,\n"
                              "    c.d,\n"
                              "  ]\n"
                              "}\n");
    mem_free(text);
    json_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(references_are_code),
        cmocka_unit_test(no_text_leaves_its_quotes),
        cmocka_unit_test(keys_are_texts),
        cmocka_unit_test(layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
