// SPDX-License-Identifier: MIT
// The same screens as prompts: what is said, what is asked, what a line means.
#include "tui/prompts.h"

#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

static struct {
    struct view *view;
    struct prompts *prompts;
    struct edit secret, text;
    FILE *out;
    char *said;
    size_t said_length;
    int in[2], wake[2];
    struct view_act act;
    const char *screen;
    bool fields, rows, ticks, actions, watched, question, create;
    const char *not_yet; // why `create` is not possible
    bool ticked[3], restart;
    const char *state; // of the watched row
    const char *chosen;
} t;

static const char *const NAMES[] = {"prod", "prod-legacy", "staging"};

static void row(void *context, size_t index, struct view_list_row *out)
{
    *out = (struct view_list_row){.key = NAMES[index], .columns = {NAMES[index]}, .sign = SIGNS};
    out->disabled = !t.ticks && index == 1 ? "no way out" : NULL;
    out->status = (struct view_status){VIEW_GOOD, "fine", NULL};
    if (t.ticks)
        out->status = (struct view_status){t.ticked[index] ? VIEW_GOOD : VIEW_QUIET, NULL, NULL};
}

static void watched_row(void *context, size_t index, struct view_list_row *out)
{
    *out = (struct view_list_row){.key = "api", .columns = {"Address"}, .right = "0:04"};
    out->sign = str_eq(t.state, "busy")   ? SIGN_BUSY
                : str_eq(t.state, "done") ? SIGN_GOOD
                                          : SIGN_TODO;
}

static void build(void)
{
    static const char *const OPTIONS[] = {"make one for me", "paste it"};
    static const char *const ANSWERS[] = {"Stop", "Go on"};
    view_begin(t.view, t.screen, 0);
    view_title(t.view, "my-admin", "step 1 of 6");
    view_step(t.view, "Forest", false, true);
    view_text(t.view, STYLE_TEXT, "An introduction.");
    view_help(t.view, "Help of the screen.");
    if (t.fields) {
        view_field(t.view, &(struct view_field){.id = "secret",
                                                .label = "Secret",
                                                .edit = &t.secret,
                                                .path = "forest.env_secret",
                                                .help = "Sixty-four characters."});
        view_choice(t.view, &(struct view_choice){.id = "how",
                                                  .label = "How",
                                                  .options = OPTIONS,
                                                  .count = 2,
                                                  .path = "forest.auth"});
        view_switch(t.view, &(struct view_switch){.id = "rule", .label = "Add the rule"});
        view_field(t.view, &(struct view_field){
                               .id = "text", .label = "Text", .edit = &t.text, .optional = true});
    }
    if (t.rows || t.ticks)
        view_list(t.view, &(struct view_list){.id = "vpc",
                                              .label = "Where?",
                                              .count = 3,
                                              .row = row,
                                              .path = "network.vpc",
                                              .chosen = t.chosen,
                                              .tick = t.ticks});
    if (t.watched)
        view_list(t.view, &(struct view_list){
                              .id = "tree", .count = 1, .row = watched_row, .pinned = true});
    if (t.actions) {
        view_action(t.view, &(struct view_action){.id = "copy", .label = "copy the URL"});
        view_action(t.view, &(struct view_action){.id = "finish", .label = "finish"});
    }
    if (t.create)
        view_action(t.view,
                    &(struct view_action){
                        .id = "create", .label = "Create", .first = true, .disabled = t.not_yet});
    view_keys(t.view, "export", K_CHAR, 'e', "e", "export");
    if (t.question)
        view_question(
            t.view,
            &(struct view_question){
                .id = "sure", .title = "Stop?", .options = ANSWERS, .count = 2, .first = 1});
    view_end(t.view);
}

static int setup(void **state)
{
    memset(&t, 0, sizeof t);
    t.view = view_new();
    t.screen = "screen";
    t.restart = true;
    edit_init(&t.secret, 100, true);
    edit_init(&t.text, 100, false);
    t.out = open_memstream(&t.said, &t.said_length);
    assert_int_equal(pipe(t.in), 0);
    assert_int_equal(pipe(t.wake), 0);
    t.prompts = prompts_new(t.in[0], t.out, true, t.wake[0]);
    return 0;
}

static int teardown(void **state)
{
    prompts_free(t.prompts);
    view_free(t.view);
    edit_clear(&t.secret);
    edit_clear(&t.text);
    fclose(t.out);
    free(t.said);
    for (int i = 0; i < 2; i++) {
        close(t.in[i]);
        close(t.wake[i]);
    }
    return 0;
}

static enum prompts_got ask(const char *line)
{
    if (line != NULL)
        assert_int_equal(write(t.in[1], line, strlen(line)), strlen(line));
    build();
    prompts_show(t.prompts, t.view);
    enum prompts_got got = prompts_ask(t.prompts, t.view, t.restart, &t.act);
    t.restart = false;
    fflush(t.out);
    return got;
}

static void assert_act(enum act_kind kind, const char *id)
{
    assert_int_equal(t.act.kind, kind);
    assert_string_equal(t.act.id, id);
}

static unsigned said(const char *what)
{
    unsigned count = 0;
    for (const char *at = t.said; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void test_fields(void **state)
{
    // One item after the other; Enter keeps; after the last it is a submit.
    t.fields = true;
    assert_int_equal(ask("0123456789abcdef\r\n"), PROMPTS_ACT);
    assert_act(ACT_CHANGED, "secret");
    assert_string_equal(edit_text(&t.secret), "0123456789abcdef");
    ask("2\n");
    assert_act(ACT_CHOSEN, "how");
    assert_int_equal(t.act.row, 1);
    ask("y\n");
    assert_act(ACT_TOGGLED, "rule");
    ask("\n");
    assert_act(ACT_SUBMIT, "");
    assert_int_equal(said("0123456789"), 0);
    assert_int_equal(said("An introduction."), 1);
}

static void test_again(void **state)
{
    // What is refused is said and asked for again; the value before stays.
    t.fields = true;
    edit_set(&t.secret, "0123456789abcdef");
    ask("bro\x01ken\n");
    assert_act(ACT_CHANGED, "secret");
    assert_string_equal(edit_text(&t.secret), "0123456789abcdef");
    ask("fresh\n");
    assert_act(ACT_CHANGED, "secret");
    assert_string_equal(edit_text(&t.secret), "fresh");
    assert_int_equal(said("control characters"), 1);
    ask("3\nmake\n");
    assert_act(ACT_CHOSEN, "how");
    assert_int_equal(t.act.row, 0);
    assert_int_equal(said("1 to 2"), 1);
}

static void test_words(void **state)
{
    // b, ?, q and the screen's own keys work at every prompt.
    t.fields = true;
    ask("b\n");
    assert_act(ACT_BACK, "");
    ask("?\n");
    assert_act(ACT_NONE, "");
    assert_int_equal(said("Help of the screen."), 1);
    assert_int_equal(said("forest.env_secret"), 1);
    ask("e\n");
    assert_act(ACT_KEY, "export");
    assert_int_equal(ask("q\n"), PROMPTS_LEAVE);
    close(t.in[1]);
    t.in[1] = dup(t.wake[1]);
    assert_int_equal(ask(NULL), PROMPTS_END);
}

static void test_rows(void **state)
{
    // A row is chosen by number, name or part of a name; why another cannot be is said.
    t.rows = true;
    t.chosen = "staging";
    ask("1\n");
    assert_act(ACT_CHOSEN, "vpc");
    assert_string_equal(t.act.key, "prod");
    t.restart = true;
    ask("nothing\n2\nprod-l\npro\nstag\n");
    assert_string_equal(t.act.key, "staging");
    assert_int_equal(said("There is no \"nothing\""), 1);
    assert_int_equal(said("[3, staging]"), 6);
    assert_int_equal(said("2 have \"pro\""), 1);
    assert_true(said("Not possible: no way out") >= 3);
    t.restart = true;
    ask("prod\n");
    assert_string_equal(t.act.key, "prod");
    ask("\n");
    assert_act(ACT_SUBMIT, "");
}

static void test_ticks(void **state)
{
    // Several rows are switched with one line, one act each; then the list is asked again.
    t.ticks = true;
    ask("1 3\n");
    size_t toggled = 0;
    for (int i = 0; i < 3; i++) {
        if (t.act.kind == ACT_TOGGLED) {
            t.ticked[t.act.row] = true;
            toggled++;
        }
        if (toggled < 2)
            ask(NULL);
    }
    assert_true(t.ticked[0] && !t.ticked[1] && t.ticked[2]);
    ask("\n");
    assert_act(ACT_SUBMIT, "");
    assert_int_equal(said("prod (on)"), 1);
}

static void test_actions(void **state)
{
    // Things to do are one menu that is asked again after one is done, never a submit by itself.
    t.actions = true;
    ask("copy\n");
    assert_act(ACT_CHOSEN, "copy");
    ask("\n");
    assert_act(ACT_CHOSEN, "copy");
    ask("2\n");
    assert_act(ACT_CHOSEN, "finish");
}

static void test_not_yet(void **state)
{
    // Enter stands for what the screen is for, also before that is possible: never for another row.
    t.rows = t.create = true;
    t.not_yet = "first I look at what is there";
    ask("\n");
    assert_int_equal(t.act.kind, ACT_NONE);
    assert_int_equal(said("[4]: "), 1);
    assert_int_equal(said("Create. Not possible: first I look at what is there\n"), 2);
    t.not_yet = NULL;
    ask("\n");
    assert_act(ACT_CHOSEN, "create");
}

static void test_narrow(void **state)
{
    // A terminal's lines break at blanks, a numbered row goes on under itself, an address is whole.
    struct winsize size = {.ws_row = 24, .ws_col = 30};
    struct termios raw = {0};
    int master = -1, slave = -1;
    cfmakeraw(&raw);
    assert_int_equal(openpty(&master, &slave, NULL, &raw, &size), 0);
    FILE *out = fdopen(slave, "w");
    struct prompts *prompts = prompts_new(t.in[0], out, true, -1);
    prompts_say(prompts, "%s", "  2) vpc-1: only public subnets: the backend stays private");
    prompts_say(prompts, "%s", "");
    prompts_say(prompts, "%s", "at https://abcdefghij.execute-api.eu-west-3.amazonaws.com now");
    fflush(out);
    // The terminal hands it over in parts as it likes; "now" is the last of it.
    char got[300] = "";
    for (size_t n = 0; strstr(got, "now\n") == NULL;) {
        struct pollfd ready = {.fd = master, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1);
        ssize_t more = read(master, got + n, sizeof got - 1 - n);
        assert_true(more > 0);
        n += (size_t)more;
    }
    assert_string_equal(got, "  2) vpc-1: only public\n     subnets: the backend\n"
                             "     stays private\n\nat\n"
                             "https://abcdefghij.execute-api.eu-west-3.amazonaws.com\nnow\n");
    prompts_free(prompts);
    fclose(out);
    close(master);
}

static void test_watched(void **state)
{
    // A list that is only looked at says each change once, and never asks.
    t.watched = true;
    t.state = "todo";
    assert_int_equal(write(t.wake[1], "x", 1), 1);
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    t.state = "busy";
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    t.state = "done";
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    assert_int_equal(said("running: Address"), 1);
    assert_int_equal(said("done: Address, 0:04"), 1);
    assert_int_equal(said("Number"), 0);
}

static void test_woken(void **state)
{
    // Woken at a prompt: what is new is said and the prompt once more, the rest is not repeated.
    t.fields = true;
    assert_int_equal(write(t.wake[1], "x", 1), 1);
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    assert_int_equal(ask(NULL), PROMPTS_WOKEN);
    assert_int_equal(said("Secret (not shown): "), 1);
    char byte = 0;
    assert_int_equal(read(t.wake[0], &byte, 1), 1);
    ask("kept\n");
    assert_string_equal(edit_text(&t.secret), "kept");
    assert_int_equal(said("Sixty-four"), 1);
}

static void test_question(void **state)
{
    // A question comes before everything else; back is its last option.
    t.fields = t.question = true;
    ask("b\n");
    assert_act(ACT_CHOSEN, "sure");
    assert_int_equal(t.act.row, 1);
    ask("stop\n");
    assert_int_equal(t.act.row, 0);
    ask("\n");
    assert_int_equal(t.act.row, 1);
}

static void test_hostile(void **state)
{
    // Remote text cannot act on the terminal.
    prompts_say(t.prompts, "%s", "a\033[2Jb\u202Ec");
    fflush(t.out);
    assert_string_equal(t.said, "a\uFFFD[2Jb<U+202E>c\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields),   TEST(test_again),   TEST(test_words),   TEST(test_rows),
        TEST(test_ticks),    TEST(test_actions), TEST(test_watched), TEST(test_woken),
        TEST(test_question), TEST(test_hostile), TEST(test_not_yet), TEST(test_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
