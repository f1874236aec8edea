// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"

// One case of tests/data/configs/*.txt: header lines, then a file.
struct sample {
    char *headers[8];
    size_t header_count;
    struct str text;
};

static void sample_clear(struct sample *s)
{
    for (size_t i = 0; i < s->header_count; i++)
        mem_free(s->headers[i]);
    str_clear(&s->text);
    *s = (struct sample){0};
}

// Calls `check` for each case; returns how many there were.
static size_t each_sample(const char *path, void (*check)(const struct sample *sample))
{
    struct str all = {0};
    str_init(&all, STR_FILE);
    assert_true(fs_read(path, &all, NULL));
    struct sample sample = {0};
    size_t count = 0;
    bool in_text = false;
    for (char *line = all.data; *line;) {
        size_t n = strcspn(line, "\n");
        char *end = line + n + (line[n] ? 1 : 0);
        if (str_starts(line, "=== ")) {
            if (in_text) {
                check(&sample);
                sample_clear(&sample);
            }
            in_text = false;
            assert_true(sample.header_count < ARRAY_LEN(sample.headers));
            sample.headers[sample.header_count++] = mem_strndup(line + 4, n - 4);
        } else if (sample.header_count) {
            if (!in_text) {
                str_init(&sample.text, STR_FILE);
                count++;
            }
            in_text = true;
            str_addn(&sample.text, line, (size_t)(end - line));
        }
        line = end;
    }
    check(&sample);
    sample_clear(&sample);
    str_clear(&all);
    return count;
}

// "FIELD LINE schema|beyond WORDS": is there such a problem?
static bool expected(const struct problems *problems, const char *header)
{
    const char *field_end = strchr(header, ' ');
    char *rest = NULL;
    unsigned long line = strtoul(field_end + 1, &rest, 10);
    const char *words = strchr(rest + 1, ' ') + 1;
    char *field = mem_strndup(header, (size_t)(field_end - header));
    bool found = false;
    for (size_t i = 0; i < problems->count && !found; i++) {
        const struct problem *p = &problems->items[i];
        bool says = strstr(p->reason, words) || (p->remedy && strstr(p->remedy, words));
        found = str_eq(p->path, str_eq(field, ".") ? "" : field) && p->line == line && says;
    }
    mem_free(field);
    return found;
}

static int failures; // all are shown, then the test fails

static void check_bad(const struct sample *sample)
{
    struct answers answers = {0};
    struct problems problems = {0};
    if (config_parse(sample->text.data, sample->text.len, NULL, &answers, &problems))
        fail_msg("accepted: %s", sample->headers[0]);
    for (size_t i = 0; i < sample->header_count; i++) {
        if (expected(&problems, sample->headers[i]))
            continue;
        for (size_t k = 0; k < problems.count; k++)
            print_error("  found: %s %u %s -- %s\n", problems.items[k].path, problems.items[k].line,
                        problems.items[k].reason,
                        problems.items[k].remedy ? problems.items[k].remedy : "");
        print_error("not found: %s\n", sample->headers[i]);
        failures++;
    }
    for (size_t i = 0; i < problems.count; i++) {
        const struct problem *p = &problems.items[i];
        assert_null(strstr(p->reason, "hunter2"));
        assert_null(strstr(p->reason, "0123456789abcdef"));
        assert_false(p->remedy && strstr(p->remedy, "hunter2"));
        assert_non_null(p->path);
    }
    problems_clear(&problems);
    answers_clear(&answers);
}

static void check_good(const struct sample *sample)
{
    struct answers answers = {0};
    struct problems problems = {0};
    if (!config_parse(sample->text.data, sample->text.len, NULL, &answers, &problems))
        fail_msg("%s: %s %s", sample->headers[0], problems.items[0].path, problems.items[0].reason);
    // Claim: what is written is accepted again, and writing it again gives the same bytes.
    struct json *first = config_write(&answers);
    char *once = json_print_pretty(first);
    struct answers again = {0};
    assert_true(config_parse(once, strlen(once), NULL, &again, &problems));
    struct json *second = config_write(&again);
    char *twice = json_print_pretty(second);
    assert_string_equal(once, twice);
    json_free(first);
    json_free(second);
    mem_free(once);
    mem_free(twice);
    answers_clear(&again);
    answers_clear(&answers);
    problems_clear(&problems);
}

// Claim: each bad file is refused with field, line and words, and no value that may be a secret is
// repeated.
static void bad_files_are_refused(void **state)
{
    assert_true(each_sample(FOREST_TEST_DATA "/configs/bad.txt", check_bad) >= 60);
    assert_int_equal(failures, 0);
}

// Claim: each good file is accepted, and survives the round trip byte for byte.
static void good_files_are_accepted(void **state)
{
    assert_true(each_sample(FOREST_TEST_DATA "/configs/good.txt", check_good) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bad_files_are_refused),
                                       cmocka_unit_test(good_files_are_accepted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
