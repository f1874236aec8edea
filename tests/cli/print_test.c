// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"
#include "screens/cli/print_plain.h"

static const struct step slow = {.id = "vpc-link",
                                 .title = "VPC link",
                                 .group = "address",
                                 .kind = "apigatewayv2.vpc-link",
                                 .usual_s = 130};
static const struct step fast = {.id = "log-group",
                                 .title = "Log group",
                                 .group = "container",
                                 .kind = "logs.log-group",
                                 .usual_s = 1};

// What `feed` prints to a pipe; the caller frees it.
static char *printed(void (*feed)(FILE *to))
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    feed(to);
    fclose(to);
    return text;
}

static void init(struct plain *plain, FILE *to)
{
    *plain = (struct plain){.to = to, .utf8 = true}; // a stream in memory has no descriptor to ask
}

static void a_run(FILE *to)
{
    struct plain plain;
    init(&plain, to);
    struct err err = {0};
    err_set(&err, ERR_REMOTE, "it went wrong");
    plain_event(&plain, &(struct event){EVENT_STEP_STARTED, .wall_ms = 1000, .step = &fast,
                                        .word = "create"});
    plain_event(&plain,
                &(struct event){EVENT_STEP_DONE, .wall_ms = 1400, .step = &fast, .text = "/ecs/x",
                                .duration_ms = 400, .finished = 1, .of = 3});
    plain_event(&plain, &(struct event){EVENT_STEP_STARTED, .wall_ms = 1000, .step = &slow,
                                        .word = "create"});
    for (int i = 1; i <= 100; i++) // one look a second
        plain_event(&plain, &(struct event){EVENT_STEP_NOTE, .wall_ms = 1000 + i * 1000,
                                            .step = &slow, .text = "PENDING"});
    plain_event(&plain, &(struct event){EVENT_STEP_BYTES, .wall_ms = 1, .step = &slow, .done = 1,
                                        .total = 2});
    plain_event(&plain, &(struct event){EVENT_STEP_FAILED, .wall_ms = 99000, .step = &slow,
                                        .err = &err, .duration_ms = 98000});
    err_clear(&err);
    plain_clear(&plain);
}

// Claim: a run is calm: no line for a start that ends at once, a long wait is heard of twice a
// minute, no escapes.
static void a_run_is_calm(void **state)
{
    char *text = printed(a_run);
    assert_string_equal(text, " ✔ Log group                  /ecs/x  1 of 3\n"
                              " ◐ VPC link                   create, usually 2:10\n"
                              " ◐ VPC link                   PENDING  0:30\n"
                              " ◐ VPC link                   PENDING  1:00\n"
                              " ◐ VPC link                   PENDING  1:30\n"
                              " ✘ VPC link                   it went wrong  1:38\n");
    free(text);
}

#define HOSTILE                                                                                    \
    "\x1b[2J\xC2\x9B"                                                                              \
    "31m\xE2\x80\xAE"                                                                              \
    "abc\nnext\x07\xFF"                                                                            \
    "hunter2secret"

static void hostile_plain(FILE *to)
{
    struct plain plain;
    init(&plain, to);
    plain_event(&plain, &(struct event){EVENT_STEP_LOG, .step = &slow, .text = HOSTILE});
    plain_clear(&plain);
}

static void hostile_json(FILE *to)
{
    jsonl_event(to, &(struct event){EVENT_STEP_LOG, .wall_ms = 0, .step = &slow, .text = HOSTILE});
}

// Claim: control characters and secrets from outside reach neither the terminal nor a line of JSON.
static void hostile_text_is_disarmed(void **state)
{
    struct secret secret = {0};
    assert_true(secret_set(&secret, "hunter2secret", 13, NULL));
    void (*const feeds[])(FILE *) = {hostile_plain, hostile_json};
    for (size_t i = 0; i < ARRAY_LEN(feeds); i++) {
        char *text = printed(feeds[i]);
        for (const char *p = text; *p; p++)
            assert_true((unsigned char)*p >= 0x20 || (*p == '\n' && !p[1]));
        assert_null(strstr(text, "\xC2\x9B"));
        assert_null(strstr(text, "\xE2\x80\xAE"));
        assert_null(strstr(text, "\xFF"));
        assert_null(strstr(text, "hunter2secret"));
        free(text);
    }
    char *text = printed(hostile_json);
    assert_non_null(strstr(text, "\\u001b[2J\\u009b31m\\u202eabc\\nnext\\u0007\\ufffd***"));
    struct json *line = json_parse(text, strlen(text), NULL, NULL);
    assert_string_equal(json_str(line, "type"), "step_log");
    assert_string_equal(json_str(line, "step"), "vpc-link");
    assert_string_equal(json_str(line, "at"), "1970-01-01T00:00:00.000Z");
    json_free(line);
    free(text);
    secret_clear(&secret);
}

static void ascii_line(FILE *to)
{
    struct plain plain = {.to = to};
    plain_line(&plain, "%s caf\xC3\xA9 %s", plain_glyph(&plain, GLYPH_DONE),
               "\xE6\x9D\xB1\xE4\xBA\xAC");
    plain_clear(&plain);
}

// Claim: without UTF-8 there is only ASCII, one "?" a character.
static void ascii_when_the_locale_is_not_utf8(void **state)
{
    char *text = printed(ascii_line);
    assert_string_equal(text, "+ caf? ??\n");
    free(text);
}

// Claim: times read as people write them.
static void times_are_short(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0:00"},        {499, "0:00"},        {500, "0:01"}, {65000, "1:05"},
                 {3599000, "59:59"}, {3723000, "1:02:03"}, {-5, "0:00"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *text = plain_time(cases[i].ms);
        assert_string_equal(text, cases[i].text);
        mem_free(text);
    }
}

// Claim: the summary names the critical path, the ratio and the calls by kind.
static void summary_is_complete(void **state)
{
    struct step_time times[] = {{.step = &fast, .start_ms = 0, .end_ms = 400},
                                {.step = &slow, .start_ms = 400, .end_ms = 2000, .critical = true}};
    struct summary run = {times, 2, 2000, 1900, 2000.0 / 1900, NULL, 2, 2};
    char vpcs[] = "ec2.DescribeVpcs";
    char create[] = "ec2.CreateVpc";
    struct aws_count items[] = {{vpcs, 3, 4, true}, {create, 1, 1, false}};
    struct json *o = jsonl_summary("apply", EXIT_DONE);
    jsonl_summary_run(o, &run);
    jsonl_summary_calls(o, &(struct aws_counts){items, 2});
    assert_string_equal(json_str(o, "result"), "done");
    assert_int_equal(json_int(o, "makespan_ms", 0), 2000);
    assert_int_equal(json_int(o, "critical_ms", 0), 1900);
    assert_true(json_num(o, "ratio", 0) > 1.05 && json_num(o, "ratio", 0) < 1.06);
    assert_int_equal(json_count(json_get(o, "critical_path")), 1);
    assert_string_equal(json_str(o, "critical_path.0.step"), "vpc-link");
    assert_int_equal(json_int(o, "critical_path.0.duration_ms", 0), 1600);
    assert_int_equal(json_int(o, "calls.reading", 0), 3);
    assert_int_equal(json_int(o, "calls.writing", 0), 1);
    assert_int_equal(json_int(o, "calls.attempts", 0), 5);
    assert_int_equal(json_int(json_get(json_path(o, "calls.by_kind"), "ec2.DescribeVpcs"), "", 0),
                     3);
    json_free(o);
}

// Claim: every kind of failure has an exit code, and every code a word and a text of its own.
static void codes_are_distinct(void **state)
{
    size_t n = 0;
    const struct exit_meaning *all = exit_meanings(&n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(exit_word((int)all[i].code), all[i].word);
        for (size_t k = 0; k < i; k++)
            assert_true(all[k].code != all[i].code && !str_eq(all[k].word, all[i].word));
    }
    static const struct {
        enum err_kind kind;
        int code;
    } cases[] = {{ERR_CANCELLED, 130}, {ERR_INPUT, 3},     {ERR_AUTH, 4}, {ERR_DENIED, 5},
                 {ERR_CONFLICT, 6},    {ERR_NOT_FOUND, 8}, {ERR_NET, 1},  {ERR_REMOTE, 1},
                 {ERR_THROTTLED, 1},   {ERR_INTERNAL, 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(exit_for(&(struct err){.kind = cases[i].kind}), cases[i].code);
    char damaged[] = "line 3 of the journal is damaged";
    assert_int_equal(exit_for(&(struct err){.kind = ERR_IO, .message = damaged}), 7);
}

int main(void)
{
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_calm),
        cmocka_unit_test(hostile_text_is_disarmed),
        cmocka_unit_test(ascii_when_the_locale_is_not_utf8),
        cmocka_unit_test(times_are_short),
        cmocka_unit_test(summary_is_complete),
        cmocka_unit_test(codes_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
