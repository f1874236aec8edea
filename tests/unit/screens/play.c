// SPDX-License-Identifier: MIT
#include "tests/unit/screens/play.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { WIDTH = 80, HEIGHT = 24, WAIT_S = 60, MOVES_MAX = 40 };

static void wake(void *context)
{
    struct play *play = context;
    pthread_mutex_lock(&play->lock);
    play->woken = true;
    pthread_cond_signal(&play->woken_cond);
    pthread_mutex_unlock(&play->lock);
}

static void copy(void *context, struct wizard *wizard, const char *text)
{
    struct play *play = context;
    str_replace(&play->copied, text);
    wizard->copied = "copied";
}

static void draw(struct play *play)
{
    if (play->wizard.leave_now)
        return;
    wizard_build(&play->wizard);
    grid_clear(&play->grid);
    view_draw(play->wizard.view, &play->grid);
    mem_free(play->screen);
    play->screen = grid_dump(&play->grid);
}

static void set_secret(struct secret_answer *answer, const char *text)
{
    answer->from = SECRET_TYPED;
    secret_set(&answer->value, text, strlen(text), NULL);
}

static void fill(struct answers *a)
{
    answers_init(a);
    str_replace(&a->name, "my-admin");
    str_replace(&a->aws.profile, "work");
    str_replace(&a->aws.region, "eu-west-3");
    str_replace(&a->aws.account, "123456789012");
    str_replace(&a->network.vpc, "vpc-0a1b2c3d4e5f60718");
    set_secret(&a->forest.env_secret,
               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    set_secret(&a->database.url, "postgres://app:hush-hush@db.acme.internal:5432/storefront");
}

void play_start(struct play *play, void (*change)(struct answers *answers))
{
    *play = (struct play){0};
    pthread_mutex_init(&play->lock, NULL);
    pthread_cond_init(&play->woken_cond, NULL);
    char dir[] = "/tmp/forest-play-XXXXXX";
    assert_non_null(mkdtemp(dir));
    play->state_dir = mem_strdup(dir);
    setenv("XDG_STATE_HOME", dir, 1);
    fake_core_use();
    struct answers answers;
    fill(&answers);
    if (change)
        change(&answers);
    struct wizard_options options = {
        .answers = &answers, .start_at_review = true, .wake = wake, .wake_context = play};
    wizard_init(&play->wizard, &options);
    answers_clear(&answers);
    play->wizard.copy = copy;
    play->wizard.outside = play;
    grid_init(&play->grid, WIDTH, HEIGHT, true);
    draw(play);
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry = NULL;
    while (dir && (entry = readdir(dir)) != NULL) {
        if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
            continue;
        AUTO_FREE char *inside = mem_printf("%s/%s", path, entry->d_name);
        if (unlink(inside) != 0)
            remove_tree(inside);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

void play_end(struct play *play)
{
    wizard_clear(&play->wizard);
    grid_free(&play->grid);
    mem_free(play->screen);
    mem_free(play->copied);
    remove_tree(play->state_dir);
    mem_free(play->state_dir);
    fake_core_done();
    pthread_cond_destroy(&play->woken_cond);
    pthread_mutex_destroy(&play->lock);
}

static void press(struct play *play, const struct key *key)
{
    struct view_act act = {0};
    draw(play);
    view_key(play->wizard.view, key, &act);
    if (act.kind != ACT_NONE)
        wizard_act(&play->wizard, &act);
    draw(play);
}

void play_key(struct play *play, enum key_code code)
{
    press(play, &(struct key){.code = code});
}

void play_ctrl(struct play *play, char letter)
{
    press(play, &(struct key){.code = K_CTRL, .ch = (uint32_t)letter});
}

void play_type(struct play *play, const char *text)
{
    for (; *text; text++)
        press(play, &(struct key){.code = K_CHAR, .ch = (uint32_t)*text});
}

void play_paste(struct play *play, const char *text)
{
    press(play, &(struct key){.code = K_PASTE, .text = text, .length = strlen(text)});
}

bool play_shows(struct play *play, const char *text)
{
    return strstr(play->screen, text) != NULL;
}

// Until a worker has something to tell; false when the deadline has passed.
static bool wait_woken(struct play *play, const struct timespec *deadline)
{
    int rc = 0;
    pthread_mutex_lock(&play->lock);
    while (!play->woken && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&play->woken_cond, &play->lock, deadline);
    bool woken = play->woken;
    play->woken = false;
    pthread_mutex_unlock(&play->lock);
    return woken;
}

static bool wait_for(struct play *play, bool (*met)(struct play *play, const void *what),
                     const void *what)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += WAIT_S;
    for (;;) {
        wizard_woken(&play->wizard);
        draw(play);
        if (met(play, what))
            return true;
        if (!wait_woken(play, &deadline))
            return false;
    }
}

static bool shows(struct play *play, const void *text)
{
    return play_shows(play, text);
}

static bool is_at(struct play *play, const void *id)
{
    return play->wizard.at == *(const enum screen_id *)id;
}

void play_until(struct play *play, const char *text)
{
    if (!wait_for(play, shows, text))
        fail_msg("\"%s\" never came:\n%s", text, play->screen);
}

void play_until_at(struct play *play, enum screen_id id)
{
    if (!wait_for(play, is_at, &id))
        fail_msg("screen %d never came:\n%s", (int)id, play->screen);
}

static bool move_to(struct play *play, enum key_code how, const char *id)
{
    for (int i = 0; i < MOVES_MAX; i++) {
        if (str_eq(view_focused(play->wizard.view), id))
            return true;
        play_key(play, how);
    }
    return false;
}

void play_choose(struct play *play, const char *id)
{
    if (!move_to(play, K_TAB, id) && !move_to(play, K_BACKTAB, id))
        fail_msg("the focus never came to %s:\n%s", id, play->screen);
    play_key(play, K_ENTER);
}
