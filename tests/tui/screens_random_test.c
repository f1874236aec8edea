// SPDX-License-Identifier: MIT
// The whole wizard under random keys, on the fake core: what is true of every drawing stays true,
// nothing a secret was typed into shows it, and nothing crashes or leaks (sanitizers).
// FOREST_SEED=N runs that one alone, FOREST_SEEDS=N as many.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/screens/play.h"
#include "tests/unit/tui/drawing.h"
#include "tui/view_private.h"

enum { SEEDS = 25, KEYS = 150 };

static uint64_t random_now;

static unsigned pick(unsigned below)
{
    random_now ^= random_now >> 12;
    random_now ^= random_now << 25;
    random_now ^= random_now >> 27;
    return (unsigned)((random_now * 2685821657736338717ULL) >> 33) % below;
}

static struct key some_key(void)
{
    static const enum key_code CODES[] = {
        K_UP,    K_DOWN, K_DOWN,   K_LEFT,    K_RIGHT, K_TAB,  K_BACKTAB,   K_ENTER,   K_ENTER,
        K_ENTER, K_ESC,  K_CHAR,   K_CHAR,    K_PASTE, K_HOME, K_END,       K_CTRL,    K_BACKSPACE,
        K_ENTER, K_DOWN, K_DELETE, K_PAGE_UP, K_ENTER, K_CHAR, K_PAGE_DOWN, K_FUNCTION};
    static const char TYPED[] = "eaot? xlrcd1p$yn-";
    static const char CONTROLS[] = "cgtunpw";
    struct key key = {.code = CODES[pick(sizeof CODES / sizeof *CODES)]};
    if (key.code == K_CHAR)
        key.ch = (unsigned char)TYPED[pick(sizeof TYPED - 1)];
    else if (key.code == K_CTRL)
        key.ch = (unsigned char)CONTROLS[pick(sizeof CONTROLS - 1)];
    else if (key.code == K_FUNCTION)
        key.ch = 1;
    return key;
}

static bool in_secret(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    const struct edit *edit = view->question.id != NULL ? view->question.edit
                              : item != NULL            ? item->edit
                                                        : NULL;
    return edit != NULL && edit->secret;
}

static void press(struct play *p)
{
    struct key key = some_key();
    struct view_act act = {0};
    // Into fields that are no secrets something else is pasted, which may be seen.
    key.text = key.code == K_PASTE && in_secret(p->wizard.view) ? DRAWING_CANARY : "pasted";
    key.length = strlen(key.text);
    wizard_build(&p->wizard);
    view_key(p->wizard.view, &key, &act);
    if (act.kind != ACT_NONE)
        wizard_act(&p->wizard, &act);
    wizard_woken(&p->wizard);
    if (p->wizard.leave_now)
        return;
    // A page scrolled by hand may hide its focus; a key that means nothing brings it back.
    wizard_build(&p->wizard);
    view_key(p->wizard.view, &(struct key){.code = K_INSERT}, &act);
}

static void check(struct play *p, uint64_t seed, unsigned turn)
{
    static const int SIZES[][2] = {{80, 24}, {40, 12}, {132, 50}, {60, 10}, {20, 6}, {200, 50}};
    const int *size = SIZES[pick(ARRAY_LEN(SIZES))];
    AUTO_FREE char *where = mem_printf("seed %llu, key %u, screen %s", (unsigned long long)seed,
                                       turn, screen_of(p->wizard.at)->name);
    wizard_build(&p->wizard);
    drawing_check(p->wizard.view, size[0], size[1], pick(4) > 0,
                  view_focused(p->wizard.view) != NULL, where);
}

static void one_seed(uint64_t seed)
{
    static const enum screen_id FROM[] = {SCREEN_WELCOME, SCREEN_FOREST,   SCREEN_AWS,
                                          SCREEN_NETWORK, SCREEN_DATABASE, SCREEN_BACKEND,
                                          SCREEN_REVIEW,  SCREEN_RESERVE};
    struct play p;
    random_now = seed * 0x9E3779B97F4A7C15ULL + 1;
    play_start(&p, NULL);
    wizard_go(&p.wizard, FROM[pick(ARRAY_LEN(FROM))]);
    for (unsigned i = 0; i < KEYS && !p.wizard.leave_now; i++) {
        press(&p);
        if (!p.wizard.leave_now)
            check(&p, seed, i);
    }
    play_end(&p);
}

static void test_random(void **state)
{
    // Random keys from every screen on.
    const char *only = getenv("FOREST_SEED"), *more = getenv("FOREST_SEEDS");
    uint64_t seeds = more != NULL ? strtoull(more, NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds && only == NULL; seed++)
        one_seed(seed);
    if (only != NULL)
        one_seed(strtoull(only, NULL, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
