// SPDX-License-Identifier: MIT
// What an error, a span of time and an ARN look like to people.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "screens/tell.h"

static void told(const char *message, const char *remedy, const char *text, const char *help)
{
    ERR_AUTO e = {0};
    err_set(&e, ERR_INPUT, "%s", message);
    if (remedy)
        err_remedy(&e, "%s", remedy);
    struct tell t;
    struct view_status s = tell_err(&t, VIEW_BAD, &e);
    assert_int_equal(s.state, VIEW_BAD);
    assert_string_equal(s.text, text);
    if (help)
        assert_string_equal(s.remedy, help);
    else
        assert_null(s.remedy);
}

static void test_messages_become_sentences(void **state)
{
    // claim: a capital and a full stop, unless the first word is a name, a value or a command
    told("is not a region", "choose one", "Is not a region.", "Choose one.");
    told("vpc-0a1b is gone", NULL, "vpc-0a1b is gone.", NULL);
    told("subnet-…32 alone", NULL, "subnet-…32 alone.", NULL);
    told("ec2:CreateVpc is denied.", NULL, "ec2:CreateVpc is denied.", NULL);
    told("it ended", "aws sso login --profile work", "It ended.",
         "Run: aws sso login --profile work");
    told("one line\nand nineteen more", NULL, "One line.", NULL);
    told("", NULL, "", NULL);
}

static void test_a_long_message_is_cut_not_overrun(void **state)
{
    // claim: more than there is room for is cut, at a byte that ends the text
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ERR_AUTO e = {0};
    err_set(&e, ERR_INPUT, "%s", text);
    struct tell t;
    struct view_status s = tell_err(&t, VIEW_BAD, &e);
    assert_true(strlen(s.text) < TELL_BYTES);
}

static void test_spans(void **state)
{
    // claim: the largest unit that says something, and the next one below it
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 s"},           {59999, "59 s"},        {60000, "1 min"},
                 {3540000, "59 min"},  {3600000, "1 h 0 min"}, {7800000, "2 h 10 min"},
                 {172800000, "2 days"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[40];
        tell_span(out, sizeof out, cases[i].ms);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_principals(void **state)
{
    // claim: who it is, without account and path
    static const struct {
        const char *arn, *text;
    } cases[] = {{"arn:aws:sts::123456789012:assumed-role/Engineer/ann", "role Engineer as ann"},
                 {"arn:aws:sts::123456789012:assumed-role/Engineer", "role Engineer"},
                 {"arn:aws:iam::123456789012:user/team/ann", "user team/ann"},
                 {"arn:aws:iam::123456789012:root", "the root user"},
                 {"user/operator", "user operator"},
                 {"", ""},
                 {NULL, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[80];
        tell_principal(out, sizeof out, cases[i].arn);
        assert_string_equal(out, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_become_sentences),
        cmocka_unit_test(test_a_long_message_is_cut_not_overrun),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_principals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
