// SPDX-License-Identifier: MIT
// What the threads of one build say of themselves.
#include "backend/image/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/str.h"

static void add_note(void *context, const char *text)
{
    struct str *said = context;
    str_addf(said, "%s;", text);
}

static void test_notes(void **state)
{
    // A shorter work beside the main one does not hide what still goes on when it has ended.
    STR_AUTO said;
    str_init(&said, STR_LINE);
    const struct image_progress progress = {.note = add_note, .context = &said};
    struct meter m;
    meter_init(&m, &progress, NULL);
    meter_note_beside(&m, NULL); // nothing has been said yet
    meter_note_beside(&m, "looking");
    meter_note(&m, "installing");
    meter_note_beside(&m, "copying");
    meter_note_beside(&m, NULL);
    assert_string_equal(said.data, "looking;installing;copying;installing;");
    meter_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
