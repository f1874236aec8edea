// SPDX-License-Identifier: MIT
#include "tests/tui/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { START_MS = 1000000, WAIT_MS = 60000 };

static int64_t now_ms;

static int64_t standing_clock(void)
{
    return now_ms;
}

void scene_start(struct play *play, void (*change)(struct answers *answers))
{
    now_ms = START_MS;
    play_start(play, change);
    play->wizard.clock = standing_clock;
}

void scene_pass(int64_t ms)
{
    now_ms += ms;
}

static void turn(struct play *play)
{
    static const struct timespec MOMENT = {.tv_nsec = 1000000};
    nanosleep(&MOMENT, NULL);
    wizard_woken(&play->wizard);
    wizard_build(&play->wizard);
}

void scene_settle(struct play *play)
{
    int64_t deadline = clock_ms() + WAIT_MS;
    for (int quiet = 0; quiet < 2; quiet = jobs_running(play->wizard.jobs) == 0 ? quiet + 1 : 0) {
        assert_true(clock_ms() < deadline);
        turn(play);
    }
}

void scene_until_held(struct play *play)
{
    int64_t deadline = clock_ms() + WAIT_MS;
    while (fake_core_held() == 0) {
        assert_true(clock_ms() < deadline);
        turn(play);
    }
    turn(play);
}
