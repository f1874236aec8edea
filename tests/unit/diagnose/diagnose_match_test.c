// SPDX-License-Identifier: MIT
// Which of several signals is believed, what is taken from them, and that no text breaks anything.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/diagnose/diagnose.h"
#include "backend/diagnose/table.h"

static void assert_id(const struct signal *signals, size_t count, const char *id)
{
    struct diagnosis d;
    bool found = diagnose(signals, count, NULL, &d);
    if (found != (id != NULL) || (id && strcmp(d.id, id) != 0))
        fail_msg("%s instead of %s", found ? d.id : "nothing", id ? id : "nothing");
    diagnosis_clear(&d);
}

static void the_reason_beats_its_consequences(void **state)
{
    // Why a task could not start explains the events and the health that follow from it.
    const struct signal signals[] = {
        {SIGNAL_GATEWAY, "gateway-unavailable: x"},
        {SIGNAL_SERVICE_EVENT, "(service x) failed to launch a task"},
        {SIGNAL_TARGET, "Target.Timeout: Request timed out"},
        {SIGNAL_STOPPED_TASK, "Task failed ELB health checks in (target-group x)"},
        {SIGNAL_STOPPED_TASK, "container exit code 1"},
        {SIGNAL_LOG, "error: start failed (attempt 1): refused [database-auth]"},
        {SIGNAL_STOPPED_TASK, "CannotPullContainerError: manifest unknown"},
    };
    assert_id(signals, 7, "image-missing");
    assert_id(signals, 6, "database-auth");
    assert_id(signals, 5, "health-timeout");
    assert_id(signals, 2, "not-placed");
    assert_id(signals, 1, "gateway-unavailable");
    assert_id(signals, 0, NULL);
}

static void memory_explains_exit_137(void **state)
{
    // With AWS's word for it, 137 is memory; without, it is only a kill.
    const struct signal signals[] = {
        {SIGNAL_STOPPED_TASK, "container exit code 137"},
        {SIGNAL_STOPPED_TASK, "OutOfMemoryError: Container killed due to memory usage"},
    };
    assert_id(signals, 2, "out-of-memory");
    assert_id(signals, 1, "killed");
}

static void the_last_word_of_the_log_counts(void **state)
{
    // What failed in an earlier attempt of the backend is history once it got further.
    const struct signal signals[] = {
        {SIGNAL_LOG, "listening on 3000"},
        {SIGNAL_LOG, "error: start failed (attempt 1): connect ETIMEDOUT 10.0.0.1:5432 "
                     "[database-unreachable]"},
        {SIGNAL_LOG, "trying again in 1 s"},
        {SIGNAL_LOG, "error: start failed (attempt 2): not found [forest-secret-unknown]\n"},
        {SIGNAL_LOG, "agent is running"},
    };
    assert_id(signals, 3, "database-unreachable");
    assert_id(signals, 4, "forest-secret-unknown");
    assert_id(signals, 5, NULL);
    const struct signal swapped[] = {signals[3], signals[1]};
    assert_id(swapped, 2, "database-unreachable");
}

static void a_word_is_believed_before_the_text(void **state)
{
    // The backend's own word decides, whatever else the text reminds of.
    const struct signal forest = {SIGNAL_LOG, "error: start failed (attempt 1): connect ETIMEDOUT "
                                              "1.2.3.4:443 [forest-unreachable]"};
    assert_id(&forest, 1, "forest-unreachable");
    const struct signal tls = {SIGNAL_BACKEND, "forest-tls: self-signed certificate"};
    assert_id(&tls, 1, "forest-tls");
    const struct signal unknown = {SIGNAL_BACKEND, "brand-new: something"};
    assert_id(&unknown, 1, NULL);
}

static void the_source_matters(void **state)
{
    // A table called after an error is no error: texts count only where they are written.
    const struct signal log = {SIGNAL_LOG, "collection CannotPullContainerError manifest unknown"};
    assert_id(&log, 1, NULL);
    const struct signal event = {SIGNAL_SERVICE_EVENT, "password authentication failed"};
    assert_id(&event, 1, NULL);
    const struct signal steady = {SIGNAL_SERVICE_EVENT, "(service x) has reached a steady state."};
    assert_id(&steady, 1, NULL);
}

static void remote_text_is_made_safe(void **state)
{
    // What a remote text brings into a sentence has no control characters, and a length.
    const struct signal ugly = {SIGNAL_BACKEND, "forest-forbidden: \x1b[31mred\x07"};
    struct diagnosis d;
    assert_true(diagnose(&ugly, 1, NULL, &d));
    assert_null(strpbrk(d.cause, "\x1b\x07"));
    diagnosis_clear(&d);
    char *text = mem_alloc(100000);
    memset(text, 'a', 99999);
    text[99999] = '\0';
    memcpy(text, "forest-forbidden: ", 18);
    const struct signal endless = {SIGNAL_BACKEND, text};
    assert_true(diagnose(&endless, 1, NULL, &d));
    assert_true(strlen(d.cause) < 400);
    diagnosis_clear(&d);
    mem_free(text);
}

static void braces_of_remote_text_stay_text(void **state)
{
    // A captured text is not a template.
    const struct signal tricky = {SIGNAL_BACKEND, "forest-forbidden: {role|x} {"};
    const struct diagnose_facts facts = {.role = "secret-role"};
    struct diagnosis d;
    assert_true(diagnose(&tricky, 1, &facts, &d));
    assert_non_null(strstr(d.cause, "{role|x}"));
    assert_null(strstr(d.cause, "secret-role"));
    diagnosis_clear(&d);
}

static void it_becomes_an_err(void **state)
{
    // Cause, remedy and id travel as message, remedy and code; the kind stays what the caller saw.
    const struct signal signal = {SIGNAL_BACKEND, "database-auth: x"};
    struct diagnosis d;
    assert_true(diagnose(&signal, 1, NULL, &d));
    ERR_AUTO err = {0};
    assert_false(diagnosis_to_err(&d, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_string_equal(err.code, "database-auth");
    assert_string_equal(err.message, d.cause);
    assert_string_equal(err.remedy, d.remedy);
    err_set(&err, ERR_NET, "no answer");
    assert_false(diagnosis_to_err(&d, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_false(diagnosis_to_err(&d, NULL));
    diagnosis_clear(&d);
    diagnosis_clear(&d);
    diagnosis_clear(NULL);
}

// ---- random texts

static unsigned seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % sides;
}

// Pieces that steer into the table, and bytes that steer out of it.
static void add_piece(struct str *text)
{
    size_t rows = 0;
    while (diagnose_row(rows))
        rows++;
    const struct diagnose_row *row = diagnose_row(dice((unsigned)rows));
    switch (dice(6)) {
    case 0: str_add(text, row->word ? row->word : row->id); break;
    case 1: str_add(text, row->says[0] ? row->says[dice(2) && row->says[1] ? 1 : 0] : ": "); break;
    case 2: str_add(text, row->captures[0].slot ? row->captures[0].after : "["); break;
    case 3:
        str_add(text, (const char *[]){": ", "[", "]", "{1|", "}", " ", "\"", ":65536"}[dice(8)]);
        break;
    default:
        for (unsigned n = dice(20); n; n--)
            str_addc(text, (char)(1 + dice(255)));
    }
}

static void random_texts_break_nothing(void **state)
{
    // 3000 heaps of pieces: a diagnosis is whole or there is none. A failure prints its seed.
    for (unsigned round = 0; round < 3000; round++) {
        seed = round * 2654435761u + 1;
        struct signal signals[6];
        char *texts[6];
        size_t count = dice(7);
        for (size_t i = 0; i < count; i++) {
            struct str text;
            str_init(&text, dice(10) ? 20000 : 8);
            for (unsigned n = dice(dice(50) ? 8 : 2000); n; n--)
                add_piece(&text);
            texts[i] = str_take(&text);
            signals[i] =
                (struct signal){(enum signal_from)dice(SIGNAL_AWS + 1), dice(20) ? texts[i] : NULL};
        }
        struct diagnosis d;
        bool found = diagnose(signals, count, NULL, &d);
        if (found != (d.id && d.cause && d.remedy))
            fail_msg("half a diagnosis in round %u", round);
        diagnosis_clear(&d);
        for (size_t i = 0; i < count; i++)
            mem_free(texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reason_beats_its_consequences),
        cmocka_unit_test(memory_explains_exit_137),
        cmocka_unit_test(the_last_word_of_the_log_counts),
        cmocka_unit_test(a_word_is_believed_before_the_text),
        cmocka_unit_test(the_source_matters),
        cmocka_unit_test(remote_text_is_made_safe),
        cmocka_unit_test(braces_of_remote_text_stay_text),
        cmocka_unit_test(it_becomes_an_err),
        cmocka_unit_test(random_texts_break_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
