// SPDX-License-Identifier: MIT
// Kills the program at every place where something can be half done, and starts it again.
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "toy.h"

static const struct step vpc = {TOY("vpc")};
static const struct step link_ = {TOY("link"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step cluster = {TOY("cluster")};
static const struct step alb = {TOY("alb"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step listener = {TOY("listener"), .needs_made = {"alb"}};
static const struct step service = {TOY("service"), .needs = {"link", "cluster", "alb", "listener"},
                                    .wait = toy_wait};
static const struct step *const STACK[] = {&vpc, &link_, &cluster, &alb, &listener, &service};
enum { STACK_COUNT = ARRAY_LEN(STACK) };

// How a process ends at a journal record.
enum cut { CUT_NONE, CUT_BEFORE, CUT_TORN, CUT_WRITTEN, CUT_LOST, CUT_SYNCED, CUT_COUNT };

// Of the process that is to be killed; set before it has threads.
static enum cut cut_how;
static int cut_at; // this record, from 1
static _Atomic int records;
static _Atomic long long synced_size;

ssize_t __real_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_fsync(int fd);

// Held while bytes go to the journal, and for ever once the power has failed.
static pthread_mutex_t power = PTHREAD_MUTEX_INITIALIZER;
static int journal_fd = -1;

// What no fsync has promised is not there any more.
static void lose_power(void)
{
    pthread_mutex_lock(&power);
    if (journal_fd >= 0)
        (void)!ftruncate(journal_fd, (off_t)atomic_load(&synced_size));
    _exit(TOY_EXIT);
}

static bool is_record(const void *bytes, size_t length)
{
    return length > 7 && memcmp(bytes, "{\"seq\":", 7) == 0;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    if (!is_record(bytes, length))
        return __real_write(fd, bytes, length);
    pthread_mutex_lock(&power);
    int n = atomic_fetch_add(&records, 1) + 1;
    bool here = n == cut_at;
    if (here && cut_how == CUT_BEFORE)
        _exit(TOY_EXIT);
    if (here && cut_how == CUT_TORN) {
        (void)!__real_write(fd, bytes, length / 2);
        _exit(TOY_EXIT);
    }
    ssize_t done = __real_write(fd, bytes, length);
    // Only the journal is open for appending; a new one got its name with its first line on disk.
    if (fcntl(fd, F_GETFL) & O_APPEND)
        journal_fd = fd;
    else
        atomic_store(&synced_size, done);
    if (here && cut_how == CUT_WRITTEN)
        _exit(TOY_EXIT);
    pthread_mutex_unlock(&power);
    return done;
}

int __wrap_fsync(int fd)
{
    bool here = cut_at && atomic_load(&records) >= cut_at;
    struct stat st;
    bool file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    bool journal = file && (fcntl(fd, F_GETFL) & O_APPEND);
    if (here && cut_how == CUT_LOST)
        lose_power();
    int done = __real_fsync(fd);
    if (here && cut_how == CUT_SYNCED)
        _exit(TOY_EXIT);
    // Another worker's fsync may have promised more meanwhile.
    long long known = atomic_load(&synced_size);
    while (done == 0 && journal && known < st.st_size &&
           !atomic_compare_exchange_weak(&synced_size, &known, st.st_size))
        continue;
    return done;
}

// One life of the program: its exit status.
static int live(struct lab *lab, enum step_mode mode, enum cut how, int at)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        cut_how = how;
        cut_at = at;
        atomic_store(&records, 0);
        AUTO_FREE char *path = mem_printf("%s/demo/journal", lab->dir);
        struct stat st;
        atomic_store(&synced_size, stat(path, &st) == 0 ? st.st_size : 0);
        ERR_AUTO err = {0};
        bool ok = lab_open(lab, &err) &&
                  (mode == STEP_MODE_DESTROY ? lab_destroy(lab, &err) : lab_apply(lab, &err));
        if (!ok)
            fprintf(stderr, "ended: %s\n", err.message);
        _exit(ok ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void start(struct lab *lab, bool tokens)
{
    lab_init(lab, STACK, STACK_COUNT);
    lab->options.settle_ms = 110;
    for (size_t i = 0; i < STACK_COUNT; i++) {
        struct thing *t = lab_thing(lab, STACK[i]->id);
        t->token = tokens;
        t->make_ms = 1;
        t->wait_ms = STACK[i]->wait ? 3 : 0;
        t->lag_ms = 40; // shows itself only after the next life has begun to look
    }
}

static void never_again(struct lab *lab)
{
    lab->cloud->kill_at = 0;
}

static void assert_whole(struct lab *lab, const char *what, int at)
{
    bool ok = lab->cloud->violations == 0;
    for (size_t i = 0; i < STACK_COUNT; i++) {
        const struct thing *t = lab_thing(lab, STACK[i]->id);
        ok = ok && t->creations == 1 && t->live == 1;
        if (t->creations != 1 || t->live != 1)
            print_message("%s %d: %s created %d times, %d live\n", what, at, t->id, t->creations,
                          t->live);
    }
    assert_true(ok);
}

static void assert_gone(struct lab *lab, const char *what, int at)
{
    bool ok = lab->cloud->violations == 0;
    for (size_t i = 0; i < STACK_COUNT; i++) {
        const struct thing *t = lab_thing(lab, STACK[i]->id);
        ok = ok && t->live == 0 && t->creations <= 1;
        if (t->live)
            print_message("%s %d: %s is left\n", what, at, t->id);
    }
    assert_true(ok);
}

static unsigned kills;

// Kills at call `at`; false when the program ended before it came to that call.
static bool power_fails; // a kill at a call also loses what is not on the disk

static bool killed_at_call(struct lab *lab, enum step_mode mode, int at, bool after)
{
    lab->cloud->calls = 0;
    lab->cloud->kill_at = at;
    lab->cloud->kill_after = after;
    lab->cloud->dying = power_fails ? lose_power : NULL;
    int status = live(lab, mode, CUT_NONE, 0);
    never_again(lab);
    if (status == 0)
        return false;
    assert_int_equal(status, TOY_EXIT);
    kills++;
    return true;
}

static bool killed_at_record(struct lab *lab, enum step_mode mode, int at, enum cut how)
{
    int status = live(lab, mode, how, at);
    if (status == 0)
        return false;
    assert_int_equal(status, TOY_EXIT);
    kills++;
    return true;
}

static void apply_killed_at_every_call(bool tokens)
{
    for (int after = 0; after < 2; after++) {
        bool more = true;
        for (int at = 1; more; at++) {
            struct lab lab;
            start(&lab, tokens);
            more = killed_at_call(&lab, STEP_MODE_PLAN, at, after);
            if (more)
                assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
            assert_whole(&lab, after ? "after call" : "before call", at);
            lab_clear(&lab);
        }
    }
}

static void calls_without_tokens(void **state)
{
    // Killed before or after the effect of every call, resumed: one of each, nothing has a token.
    kills = 0;
    apply_killed_at_every_call(false);
    print_message("%u kills, 0 wrong\n", kills);
    assert_true(kills > 25);
}

static void calls_with_tokens(void **state)
{
    // The same where every create carries a token: the token of the next life is the same.
    kills = 0;
    apply_killed_at_every_call(true);
    print_message("%u kills, 0 wrong\n", kills);
}

static void power_fails_at_every_call(void **state)
{
    // The same when the machine loses its power at that moment: an intent is on the disk, not on
    // its way there.
    kills = 0;
    power_fails = true;
    apply_killed_at_every_call(false);
    power_fails = false;
    print_message("%u kills, 0 wrong\n", kills);
}

static void every_record(void **state)
{
    // Killed before, in the middle of and after every journal write and fsync, or with everything
    // lost that was not yet synced; resumed: one of each.
    kills = 0;
    for (enum cut how = CUT_BEFORE; how < CUT_COUNT; how++) {
        bool more = true;
        for (int at = 1; more; at++) {
            struct lab lab;
            start(&lab, false);
            more = killed_at_record(&lab, STEP_MODE_PLAN, at, how);
            if (more)
                assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
            assert_whole(&lab, "record", at);
            lab_clear(&lab);
        }
    }
    print_message("%u kills, 0 wrong\n", kills);
    assert_true(kills > 60);
}

static void twice_in_a_row(void **state)
{
    // Killed, resumed, killed again somewhere else, resumed: one of each.
    kills = 0;
    for (int at = 7; at < 20; at += 2) {
        struct lab lab;
        start(&lab, false);
        if (killed_at_call(&lab, STEP_MODE_PLAN, at, true) &&
            killed_at_call(&lab, STEP_MODE_PLAN, STACK_COUNT + 2, true))
            killed_at_record(&lab, STEP_MODE_PLAN, 2, CUT_TORN);
        assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
        assert_whole(&lab, "twice", at);
        lab_clear(&lab);
    }
    print_message("%u kills, 0 wrong\n", kills);
}

static void killed_then_destroyed(void **state)
{
    // Killed in the middle of apply, then destroyed: nothing is left, also of what was invisible.
    kills = 0;
    bool more = true;
    for (int at = 7; more; at++) {
        struct lab lab;
        start(&lab, false);
        more = killed_at_call(&lab, STEP_MODE_PLAN, at, true);
        assert_int_equal(live(&lab, STEP_MODE_DESTROY, CUT_NONE, 0), 0);
        assert_gone(&lab, "destroy after call", at);
        lab_clear(&lab);
    }
    print_message("%u kills, 0 wrong\n", kills);
}

static void destroy_killed(void **state)
{
    // Destroy killed before and after every call, run again: nothing is left, nothing deleted while
    // it was used.
    kills = 0;
    for (int after = 0; after < 2; after++) {
        bool more = true;
        for (int at = 1; more; at++) {
            struct lab lab;
            start(&lab, false);
            assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
            more = killed_at_call(&lab, STEP_MODE_DESTROY, at, after);
            if (more)
                assert_int_equal(live(&lab, STEP_MODE_DESTROY, CUT_NONE, 0), 0);
            assert_gone(&lab, "destroy", at);
            for (size_t i = 0; i < STACK_COUNT; i++)
                assert_int_equal(lab_thing(&lab, STACK[i]->id)->deletions, 1);
            lab_clear(&lab);
        }
    }
    print_message("%u kills, 0 wrong\n", kills);
    assert_true(kills > 20);
}

static void destroy_records(void **state)
{
    // Destroy killed at every journal write and fsync, run again: nothing is left.
    kills = 0;
    for (enum cut how = CUT_BEFORE; how < CUT_COUNT; how++) {
        bool more = true;
        for (int at = 1; more; at++) {
            struct lab lab;
            start(&lab, false);
            assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
            more = killed_at_record(&lab, STEP_MODE_DESTROY, at, how);
            if (more)
                assert_int_equal(live(&lab, STEP_MODE_DESTROY, CUT_NONE, 0), 0);
            assert_gone(&lab, "destroy record", at);
            lab_clear(&lab);
        }
    }
    print_message("%u kills, 0 wrong\n", kills);
    assert_true(kills > 40);
}

static void destroyed_then_applied(void **state)
{
    // Destroy killed half way, then apply: complete again, and what was deleted has a new token.
    for (int at = STACK_COUNT + 1; at <= 2 * STACK_COUNT; at++) {
        struct lab lab;
        start(&lab, true);
        assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
        assert_true(killed_at_call(&lab, STEP_MODE_DESTROY, at, true));
        assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
        for (size_t i = 0; i < STACK_COUNT; i++)
            assert_int_equal(lab_thing(&lab, STACK[i]->id)->live, 1);
        assert_int_equal(lab.cloud->violations, 0);
        lab_clear(&lab);
    }
}

// ---- a call that went out long after its intent

static const struct step named = {TOY("named"), .flags = STEP_REPEATABLE};
static const struct step *const ALONE[] = {&cluster};
static const struct step *const NAMED[] = {&named};

enum { LATE_SETTLE_MS = 120, LATE_MS = 300, LATE_LAG_MS = 70, HIDDEN_MS = 3600 * 1000 };

// Killed when it was made, which was later after its intent than anything is looked for; and it
// shows itself only after the next life has begun to look.
static struct thing *killed_late(struct lab *lab, const struct step *const *one, int lag_ms)
{
    lab_init(lab, one, 1);
    lab->options.settle_ms = LATE_SETTLE_MS;
    struct thing *t = lab_thing(lab, one[0]->id);
    t->make_ms = LATE_MS;
    t->lag_ms = lag_ms;
    t->token = one == NAMED;
    assert_true(killed_at_call(lab, STEP_MODE_PLAN, 2, true));
    assert_int_equal(t->live, 1);
    t->make_ms = 0;
    return t;
}

static void late_calls(void **state)
{
    // The time to look counts from the start of the next run, not from the intent: one, or none.
    struct lab lab;
    const struct thing *t = killed_late(&lab, ALONE, LATE_LAG_MS);
    assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
    assert_int_equal(t->creations, 1);
    assert_int_equal(t->live, 1);
    lab_clear(&lab);
    t = killed_late(&lab, ALONE, LATE_LAG_MS);
    assert_int_equal(live(&lab, STEP_MODE_DESTROY, CUT_NONE, 0), 0);
    assert_int_equal(t->live, 0);
    lab_clear(&lab);
}

static void late_calls_that_may_be_repeated(void **state)
{
    // What AWS knows by a token or a name is asked for again at once; a destroy looks all the same.
    struct lab lab;
    const struct thing *t = killed_late(&lab, NAMED, HIDDEN_MS);
    int probes = t->probes;
    assert_int_equal(live(&lab, STEP_MODE_PLAN, CUT_NONE, 0), 0);
    assert_int_equal(t->probes, probes + 1);
    assert_int_equal(t->applies, 2);
    assert_int_equal(t->creations, 1);
    lab_clear(&lab);
    t = killed_late(&lab, NAMED, LATE_LAG_MS);
    assert_int_equal(live(&lab, STEP_MODE_DESTROY, CUT_NONE, 0), 0);
    assert_int_equal(t->live, 0);
    lab_clear(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_without_tokens),
        cmocka_unit_test(calls_with_tokens),
        cmocka_unit_test(power_fails_at_every_call),
        cmocka_unit_test(every_record),
        cmocka_unit_test(twice_in_a_row),
        cmocka_unit_test(killed_then_destroyed),
        cmocka_unit_test(destroy_killed),
        cmocka_unit_test(destroy_records),
        cmocka_unit_test(destroyed_then_applied),
        cmocka_unit_test(late_calls),
        cmocka_unit_test(late_calls_that_may_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
