// SPDX-License-Identifier: MIT
// Every row of the table: found by the texts that it is for, with the right words, and complete.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/diagnose/table.h"
#include "tests/unit/diagnose/signals.h"

static const struct diagnose_facts facts = {.subnets = "subnet-31",
                                            .task_group = "sg-0task",
                                            .database_group = "sg-0db",
                                            .repository = "forestadmin-x",
                                            .digest = "sha256:9f2c",
                                            .architecture = "ARM64",
                                            .secret_name = "forestadmin-x/env",
                                            .log_group = "/ecs/forestadmin-x",
                                            .role = "forestadmin-x-exec",
                                            .port = "3000",
                                            .memory_mib = "512",
                                            .next_memory_mib = "1024",
                                            .url = "https://a1.execute-api.eu-west-3.amazonaws.com",
                                            .region = "eu-west-3",
                                            .setup = "my-admin"};

// One sentence that can be shown: nothing left to fill in, no double blank, not cut.
static void assert_sentence(const char *text, const char *of)
{
    if (str_empty(text) || strpbrk(text, "{}|") || strstr(text, "  ") || strstr(text, "..") ||
        str_ends(text, " .") || strlen(text) > 600)
        fail_msg("not a sentence, for \"%s\": %s", of, text);
}

static void assert_holds(const char *text, const char *words, const char *of)
{
    if (words && !strstr(text, words))
        fail_msg("\"%s\" is missing in \"%s\", for \"%s\"", words, text, of);
}

static void samples_find_their_row(void **state)
{
    // Each text leads to its row, with cause, remedy and certainty as promised.
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *s = &samples[i];
        const struct signal signal = {s->from, s->text};
        struct diagnosis d;
        if (!diagnose(&signal, 1, &facts, &d))
            fail_msg("nothing fits: %s", s->text);
        if (strcmp(d.id, s->id) != 0)
            fail_msg("%s instead of %s: %s", d.id, s->id, s->text);
        assert_sentence(d.cause, s->text);
        assert_sentence(d.remedy, s->text);
        assert_holds(d.cause, s->cause, s->text);
        assert_holds(d.remedy, s->remedy, s->text);
        if (d.certain != s->certain)
            fail_msg("certain is %d: %s", d.certain, s->text);
        diagnosis_clear(&d);
    }
}

static void samples_read_well_without_facts(void **state)
{
    // Nothing known: each sentence is still one, with words instead of names.
    for (size_t i = 0; i < sample_count; i++) {
        const struct signal signal = {samples[i].from, samples[i].text};
        struct diagnosis d;
        assert_true(diagnose(&signal, 1, NULL, &d));
        assert_string_equal(d.id, samples[i].id);
        assert_sentence(d.cause, samples[i].text);
        assert_sentence(d.remedy, samples[i].text);
        diagnosis_clear(&d);
    }
}

static bool has_sample(const char *id)
{
    for (size_t i = 0; i < sample_count; i++)
        if (strcmp(samples[i].id, id) == 0)
            return true;
    return false;
}

static void every_row_is_tested(void **state)
{
    // A row without a text in signals.c would be a row nobody has ever seen working.
    const struct diagnose_row *row;
    size_t rows = 0;
    for (; (row = diagnose_row(rows)); rows++)
        if (!has_sample(row->id))
            fail_msg("no sample for row %s", row->id);
    assert_true(rows > 80);
}

// Each way that a row can be found by has a sample: its word, and its texts.
static void every_way_is_tested(void **state)
{
    // A row with a word is found by the word; rows whose text is asked for are found by text.
    const struct diagnose_row *row;
    for (size_t i = 0; (row = diagnose_row(i)); i++) {
        bool by_word = row->word != NULL && row->only == NULL;
        if (by_word) {
            AUTO_FREE char *text = mem_printf("%s: x", row->word);
            const struct signal signal = {SIGNAL_BACKEND, text};
            struct diagnosis d;
            if (!diagnose(&signal, 1, NULL, &d))
                fail_msg("the word %s finds nothing", row->word);
            diagnosis_clear(&d);
        }
        if (!row->word && !row->says[0])
            fail_msg("row %s can never be found", row->id);
        if (row->says[0] && !row->from)
            fail_msg("row %s says where from?", row->id);
    }
}

static const char *const names[] = {
    "1",           "2",     "3",      "subnets",      "task_group", "database_group",  "repository",
    "digest",      "role",  "port",   "architecture", "memory_mib", "next_memory_mib", "url",
    "secret_name", "setup", "region", "log_group"};

static void assert_template(const char *id, const char *text)
{
    for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
        size_t n = strcspn(p + 1, "|}{");
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            known = known || (strlen(names[i]) == n && strncmp(names[i], p + 1, n) == 0);
        if (!known || p[1 + n] != '|' || !strchr(p, '}'))
            fail_msg("row %s: a placeholder needs a known name and other words: %s", id, p);
    }
}

static void rows_are_complete(void **state)
{
    // Ids are unique and short; placeholders have known names and words to fall back on; fixes name
    // a screen.
    static const char *const screens[] = {"forest", "network", "database", "backend"};
    const struct diagnose_row *row;
    for (size_t i = 0; (row = diagnose_row(i)); i++) {
        assert_true(strlen(row->id) < 32);
        assert_true(row->rank >= RANK_START && row->rank <= RANK_OUTSIDE);
        assert_template(row->id, row->cause);
        assert_template(row->id, row->remedy);
        for (size_t j = 0; j < i; j++)
            if (strcmp(diagnose_row(j)->id, row->id) == 0)
                fail_msg("two rows are called %s", row->id);
        bool known = !row->fix;
        for (size_t j = 0; j < ARRAY_LEN(screens); j++)
            known = known || strcmp(row->fix, screens[j]) == 0;
        assert_true(known);
        for (size_t j = 0; j < DIAGNOSE_CAPTURES && row->captures[j].slot; j++)
            assert_in_range(row->captures[j].slot, 1, DIAGNOSE_SLOTS);
    }
}

// The table in assets/backend/README.md: lines "| `word`, `word` | what is wrong |".
static void every_cause_of_the_backend_has_a_row(void **state)
{
    // The words that the backend's README promises are all in the table.
    FILE *readme = fopen(FOREST_TEST_DATA "/../../assets/backend/README.md", "r");
    assert_non_null(readme);
    char line[1024];
    bool inside = false;
    size_t found = 0;
    while (fgets(line, sizeof line, readme)) {
        inside = inside ? line[0] == '|' : str_starts(line, "| cause |");
        char *end = inside ? strchr(line + 1, '|') : NULL;
        if (!end || str_starts(line, "| cause |"))
            continue;
        *end = '\0';
        for (char *p = strchr(line, '`'); p; p = strchr(p, '`')) {
            char *close = strchr(p + 1, '`');
            assert_non_null(close);
            AUTO_FREE char *text = mem_printf("%.*s: x", (int)(close - p - 1), p + 1);
            const struct signal signal = {SIGNAL_BACKEND, text};
            struct diagnosis d;
            if (!diagnose(&signal, 1, NULL, &d))
                fail_msg("no row for the backend's cause %s", text);
            diagnosis_clear(&d);
            found++;
            p = close + 1;
        }
    }
    fclose(readme);
    assert_true(found >= 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_find_their_row),
        cmocka_unit_test(samples_read_well_without_facts),
        cmocka_unit_test(every_row_is_tested),
        cmocka_unit_test(every_way_is_tested),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(every_cause_of_the_backend_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
