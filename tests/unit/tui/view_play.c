// SPDX-License-Identifier: MIT
#include "tests/unit/tui/view_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

struct view_parts on;
struct edit secret, text;
struct view *view;
struct view_act act;

static const char *const ROWS[] = {"alpha", "beta", "gamma one", "delta", "epsilon"};

static size_t row_count(void)
{
    return on.drop != NULL ? on.rows - 1 : on.rows;
}

static void row(void *context, size_t index, struct view_list_row *out)
{
    static char name[32];
    for (size_t i = 0; on.drop != NULL && i <= index && i < 5; i++)
        index += str_eq(ROWS[i], on.drop);
    const char *key = name;
    if (index < 5)
        key = ROWS[index];
    else
        snprintf(name, sizeof name, "row-%zu", index);
    *out = (struct view_list_row){.key = key, .columns = {key, "vpc"}, .sign = SIGNS};
    out->status = (struct view_status){VIEW_GOOD, index % 2 ? "odd" : "even", NULL};
    out->disabled = str_eq(key, "delta") ? "no way out" : NULL;
}

void play_build(void)
{
    static const char *const OPTIONS[] = {"one", "two", "three"};
    static const char *const ANSWERS[] = {"Yes", "No"};
    view_begin(view, "screen", 0);
    view_title(view, "my-admin", "step 1 of 6");
    if (on.intro)
        view_action(view, &(struct view_action){.id = "intro", .label = "Intro"});
    view_field(view, &(struct view_field){.id = "secret",
                                          .label = "Secret",
                                          .edit = &secret,
                                          .help = "Help of the secret.",
                                          .path = "forest.env_secret"});
    view_field(view, &(struct view_field){.id = "text", .label = "Text", .edit = &text});
    view_choice(view, &(struct view_choice){
                          .id = "choice", .label = "Choice", .options = OPTIONS, .count = 3});
    view_switch(view, &(struct view_switch){.id = "switch", .label = "Switch"});
    view_switch(view,
                &(struct view_switch){.id = "fixed", .label = "Fixed", .disabled = "not here"});
    if (on.list)
        view_list(view, &(struct view_list){.id = "list",
                                            .count = row_count(),
                                            .row = row,
                                            .filter = !on.tick,
                                            .chosen = on.chosen,
                                            .tick = on.tick});
    if (on.buttons) {
        view_action(view, &(struct view_action){.id = "b1", .label = "Create", .button = true});
        view_action(view, &(struct view_action){.id = "b2", .label = "Export", .button = true});
        view_action(view, &(struct view_action){
                              .id = "b3", .label = "Gone", .button = true, .disabled = "why"});
    }
    if (on.late_first)
        view_action(view, &(struct view_action){.id = "go", .label = "Go", .first = true});
    view_keys(view, "export", K_CHAR, 'e', "e", "export");
    view_keys(view, "again", K_CTRL, 'g', "Ctrl-G", "again");
    view_help(view, "Help of the screen.");
    if (on.question)
        view_question(view, &(struct view_question){.id = "sure",
                                                    .title = "Sure?",
                                                    .options = ANSWERS,
                                                    .count = 2,
                                                    .first = on.asks_text ? 0 : 1,
                                                    .edit = on.asks_text ? &text : NULL});
    view_end(view);
}

int play_setup(void **state)
{
    memset(&on, 0, sizeof on);
    on.rows = 5;
    edit_init(&secret, 100, true);
    edit_init(&text, 100, false);
    view = view_new();
    play_build();
    return 0;
}

int play_teardown(void **state)
{
    view_free(view);
    edit_clear(&secret);
    edit_clear(&text);
    return 0;
}

void play_press(enum key_code code, uint32_t ch)
{
    view_key(view, &(struct key){.code = code, .ch = ch}, &act);
    play_build();
}

void play_type(const char *what)
{
    for (; *what != '\0'; what++)
        play_press(K_CHAR, (unsigned char)*what);
}

void assert_focus(const char *id)
{
    assert_string_equal(view_focused(view), id);
}

void assert_act(enum act_kind kind, const char *id)
{
    assert_int_equal(act.kind, kind);
    assert_string_equal(act.id, id);
}

char *play_drawn(int width, int height)
{
    struct grid grid;
    grid_init(&grid, width, height, true);
    view_draw(view, &grid);
    char *out = grid_dump(&grid);
    grid_free(&grid);
    return out;
}

void assert_drawn(const char *what, bool there)
{
    AUTO_FREE char *out = play_drawn(80, 30);
    if ((strstr(out, what) != NULL) != there)
        print_message("%s", out);
    assert_int_equal(strstr(out, what) != NULL, there);
}

void play_to_list(void)
{
    on.list = true;
    play_build();
    view_focus(view, "list");
    play_build();
    assert_focus("list");
}

void assert_row(const char *key)
{
    assert_string_equal(view_focused_row(view), key);
}
