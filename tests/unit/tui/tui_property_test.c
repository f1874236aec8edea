// SPDX-License-Identifier: MIT
// What is true of every screen at every size after any keys: random views with hostile texts are
// built, drawn and typed at. A failure prints the seed, the size and the drawing. FOREST_SEED=N
// runs that one alone, FOREST_SEEDS=N as many.
#include "tests/unit/tui/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

enum { SEEDS = 400, FRAMES = 24, FIELDS = 3, KEYS_MAX = 6, ITEMS_MAX = 14 };

static uint64_t seed_now, random_now;
static struct edit edits[FIELDS];
static struct edit name;
static bool asking;    // the frame has a question
static uint64_t shape; // what the screen is made of: the same for some frames

// xorshift64*: the same numbers everywhere.
static uint64_t next_random(uint64_t *from)
{
    *from ^= *from >> 12;
    *from ^= *from << 25;
    *from ^= *from >> 27;
    return *from * 2685821657736338717ULL;
}

static unsigned pick(uint64_t *from, unsigned below)
{
    return (unsigned)(next_random(from) >> 33) % below;
}

static const char *some_text(uint64_t *from)
{
    static const char *const TEXTS[] = {
        "",
        "prod",
        "a VPC with a name that is much longer than any column can be, and goes on and on",
        "東京のデータベース、とても長い名前です、まだ続きます、もっと長く、さらに長く",
        "e\u0301e\u0301 combining",
        "\033[31mred\033[0m \u202Eabc",
        "\xff\xfe\xc3",
        "no-blank-at-all-in-this-one-which-is-longer-than-forty-columns-and-more",
        "two\nlines",
        "👩\u200d👩\u200d👧",
        "x",
    };
    return TEXTS[pick(from, sizeof TEXTS / sizeof *TEXTS)];
}

static const char *maybe(uint64_t *from)
{
    return pick(from, 2) == 0 ? NULL : some_text(from);
}

static struct view_status some_status(uint64_t *from)
{
    return (struct view_status){
        .state = (enum view_state)pick(from, 5), .text = maybe(from), .remedy = maybe(from)};
}

// A row is made of its index and the list's own number, the same at each call.
static void row(void *context, size_t index, struct view_list_row *out)
{
    static char keys[4][24];
    static unsigned turn;
    uint64_t own = (uint64_t)(uintptr_t)context + index * 0x9E3779B97F4A7C15ULL + 1;
    char *key = keys[turn++ % 4];
    snprintf(key, sizeof keys[0], "row-%zu", index);
    *out = (struct view_list_row){.key = key, .sign = SIGNS};
    for (size_t i = 0; i < VIEW_COLUMNS; i++)
        out->columns[i] = maybe(&own);
    out->status = some_status(&own);
    out->below = pick(&own, 5) == 0 ? some_text(&own) : NULL;
    out->below_chosen = pick(&own, 3) == 0 ? some_text(&own) : NULL;
    out->disabled = pick(&own, 4) == 0 ? "not possible" : NULL;
    out->right = pick(&own, 3) == 0 ? "0:04" : NULL;
    out->indent = (int)pick(&own, 3);
    out->heading = pick(&own, 9) == 0;
    out->sign = pick(&own, 3) == 0 ? (enum sign)pick(&own, SIGNS) : SIGNS;
}

static void add_looked_at(struct view *view, uint64_t *from)
{
    struct view_status status = some_status(from);
    switch (pick(from, 9)) {
    case 0: view_text(view, (enum style)pick(from, STYLE_HERE), "%s", some_text(from)); break;
    case 1: view_head(view, some_text(from)); break;
    case 2: view_gap(view); break;
    case 3: view_busy(view, some_text(from), (int64_t)pick(from, 5000)); break;
    case 4: view_note(view, &status); break;
    case 5: view_url(view, "https://a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com"); break;
    case 6: view_bar(view, pick(from, 30), pick(from, 30), maybe(from)); break;
    case 7:
        view_row(view, (enum sign)pick(from, SIGNS + 1), STYLE_TEXT, maybe(from), maybe(from),
                 maybe(from));
        break;
    default: view_text(view, STYLE_TEXT, "%s", "plain words that are wrapped when narrow"); break;
    }
}

static void add_list(struct view *view, uint64_t *from, const char *id)
{
    static const size_t COUNTS[] = {0, 1, 2, 5, 40, 3000};
    struct view_list list = {.id = id, .row = row, .path = "a.path", .empty = "nothing here"};
    list.context = (void *)(uintptr_t)(pick(from, 1000) + 1);
    list.count = COUNTS[pick(from, 6)];
    list.label = maybe(from);
    list.chosen = pick(from, 2) == 0 ? "row-1" : NULL;
    list.filter = pick(from, 2) == 0;
    list.rows = pick(from, 3) == 0 ? 4 : 0;
    list.pinned = pick(from, 4) == 0;
    list.tick = pick(from, 4) == 0;
    view_list(view, &list);
}

static void add_answer(struct view *view, uint64_t *from, const char *id, size_t *fields)
{
    static const char *const OPTIONS[] = {"one", "another one, longer", "a third"};
    static const char *const LINES[] = {"13:04 one", "13:05 \033[2Jtwo", "13:06 three"};
    struct view_status status = some_status(from);
    switch (pick(from, 7)) {
    case 0:
    case 1:
        if (*fields < FIELDS)
            view_field(view, &(struct view_field){.id = id,
                                                  .label = some_text(from),
                                                  .edit = &edits[(*fields)++],
                                                  .hint = maybe(from),
                                                  .help = maybe(from),
                                                  .status = status,
                                                  .facts = maybe(from),
                                                  .optional = pick(from, 2) == 0});
        break;
    case 2:
        view_choice(view, &(struct view_choice){.id = id,
                                                .label = some_text(from),
                                                .options = OPTIONS,
                                                .count = pick(from, 4),
                                                .status = status});
        break;
    case 3:
        view_switch(view, &(struct view_switch){.id = id,
                                                .label = some_text(from),
                                                .help = maybe(from),
                                                .status = status,
                                                .disabled = maybe(from)});
        break;
    case 4:
        view_action(view, &(struct view_action){.id = id,
                                                .label = some_text(from),
                                                .help = maybe(from),
                                                .button = pick(from, 2) == 0,
                                                .first = pick(from, 4) == 0});
        break;
    case 5: view_log(view, id, LINES, pick(from, 4), (int)pick(from, 4), pick(from, 2) == 0); break;
    default: add_list(view, from, id); break;
    }
}

static void build(struct view *view)
{
    static const char *const IDS[ITEMS_MAX] = {"a", "b", "c", "d", "e", "f", "g",
                                               "h", "i", "j", "k", "l", "m", "n"};
    static const char *const OPTIONS[] = {"Stop", "Go on"};
    uint64_t from = shape;
    size_t fields = 0;
    view_begin(view, pick(&from, 3) == 0 ? "other" : "screen", 5000);
    if (pick(&from, 5) > 0)
        view_title(view, some_text(&from), maybe(&from));
    for (unsigned i = 0; i < 6; i++)
        view_step(view, "Network", i < 2, i == 2);
    unsigned count = pick(&from, ITEMS_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (pick(&from, 2) == 0)
            add_looked_at(view, &from);
        else
            add_answer(view, &from, IDS[i], &fields);
    }
    view_keys(view, "export", K_CHAR, 'e', "e", "export");
    view_help(view, "What this is.\n\nAnd what it is good for.");
    asking = pick(&from, 8) == 0;
    if (asking)
        view_question(view, &(struct view_question){.id = "q",
                                                    .title = some_text(&from),
                                                    .text = maybe(&from),
                                                    .options = OPTIONS,
                                                    .count = 2,
                                                    .first = 1,
                                                    .edit = pick(&from, 2) == 0 ? &name : NULL});
    view_end(view);
}

static struct key some_key(void)
{
    static const enum key_code CODES[] = {
        K_UP,   K_DOWN, K_UP,      K_DOWN,      K_LEFT, K_RIGHT, K_TAB,       K_BACKTAB, K_ENTER,
        K_HOME, K_END,  K_PAGE_UP, K_PAGE_DOWN, K_ESC,  K_CHAR,  K_BACKSPACE, K_DELETE,  K_PASTE};
    static const char TYPED[] = "ro-w x?eq1";
    struct key key = {.code = CODES[pick(&random_now, sizeof CODES / sizeof *CODES)]};
    if (key.code == K_CHAR)
        key.ch = (unsigned char)TYPED[pick(&random_now, sizeof TYPED - 1)];
    if (key.code == K_PASTE) {
        key.text = pick(&random_now, 2) == 0 ? "pasted text" : "two\nlines\033[A";
        key.length = strlen(key.text);
    }
    return key;
}

static void check(struct view *view, int width, int height, bool utf8)
{
    AUTO_FREE char *where = mem_printf("seed %llu", (unsigned long long)seed_now);
    drawing_check(view, width, height, utf8, view_focused(view) != NULL || asking, where);
}

// By hand a page may be scrolled so that its focus is out of sight; the next other key brings it
// back. Such keys are followed by one that does.
static void press(struct view *view)
{
    struct view_act act;
    struct key key = some_key();
    view_key(view, &key, &act);
    build(view);
    view_key(view, &(struct key){.code = K_INSERT}, &act);
}

static void one_seed(uint64_t seed)
{
    static const int SIZES[][2] = {{80, 24}, {40, 12},  {132, 50}, {59, 9}, {20, 6},
                                   {60, 24}, {200, 60}, {19, 5},   {1, 1},  {25, 40}};
    struct view *view = view_new();
    seed_now = seed;
    random_now = seed * 0x9E3779B97F4A7C15ULL + 1;
    for (size_t i = 0; i < FIELDS; i++) {
        edit_init(&edits[i], 200, i == 0);
        edit_set(&edits[i], i == 0 ? DRAWING_CANARY : some_text(&random_now));
    }
    edit_init(&name, 40, false);
    for (unsigned frame = 0; frame < FRAMES; frame++) {
        if (frame % 4 == 0)
            shape = next_random(&random_now) | 1;
        build(view);
        const int *size = SIZES[pick(&random_now, sizeof SIZES / sizeof *SIZES)];
        check(view, size[0], size[1], pick(&random_now, 3) > 0);
        for (unsigned i = pick(&random_now, KEYS_MAX); i > 0; i--)
            press(view);
    }
    view_free(view);
    for (size_t i = 0; i < FIELDS; i++)
        edit_clear(&edits[i]);
    edit_clear(&name);
}

static void test_random(void **state)
{
    // Nothing is drawn outside or in halves, the focus is seen exactly once and has the cursor, no
    // secret is in a cell, the footer fits: for random screens, sizes and keys.
    const char *only = getenv("FOREST_SEED");
    if (only != NULL) {
        one_seed(strtoull(only, NULL, 10));
        return;
    }
    const char *more = getenv("FOREST_SEEDS");
    uint64_t seeds = more != NULL ? strtoull(more, NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        one_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
