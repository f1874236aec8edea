// SPDX-License-Identifier: MIT
// The disk fails under the journal, at every record.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "toy.h"

static const struct step vpc = {TOY("vpc")};
static const struct step cluster = {TOY("cluster")};
static const struct step alb = {TOY("alb"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step service = {TOY("service"), .needs = {"cluster", "alb"}};
static const struct step *const STACK[] = {&vpc, &cluster, &alb, &service};
enum { STACK_COUNT = ARRAY_LEN(STACK) };

enum fault { FAULT_NONE, FAULT_FULL, FAULT_SHORT, FAULT_SYNC, FAULT_COUNT };

static enum fault fault;
static int fault_at;
static _Atomic int writes;
static _Atomic int syncs;

ssize_t __real_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_fsync(int fd);

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    if (length < 7 || memcmp(bytes, "{\"seq\":", 7) != 0)
        return __real_write(fd, bytes, length);
    int n = atomic_fetch_add(&writes, 1) + 1;
    if (n != fault_at || fault == FAULT_SYNC || fault == FAULT_NONE)
        return __real_write(fd, bytes, length);
    if (fault == FAULT_SHORT)
        return __real_write(fd, bytes, length / 2);
    errno = ENOSPC;
    return -1;
}

int __wrap_fsync(int fd)
{
    if (fault == FAULT_SYNC && atomic_fetch_add(&syncs, 1) + 1 == fault_at) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

static bool told_id(const struct lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->told_count; i++)
        if (lab->told[i].type == EVENT_WARNING && str_eq(lab->told[i].step, id) &&
            strstr(lab->told[i].text, "Keep this"))
            return true;
    return false;
}

// What exists is in the records, or its id went to the screen, or its intent is open.
static void assert_nothing_lost(struct lab *lab)
{
    for (size_t i = 0; i < STACK_COUNT; i++) {
        const struct thing *t = lab_thing(lab, STACK[i]->id);
        if (!t->live)
            continue;
        const struct journal_step *s = journal_step(lab->journal, t->id);
        assert_non_null(s); // an intent at least: no call without one
        assert_true(s->made || told_id(lab, t->id));
    }
}

static void at_every_record(void **state)
{
    // Before the call: not made. After it: the id is told. In both cases nothing more is created,
    // and when the disk is well again resume ends with one of each.
    unsigned faults = 0;
    for (enum fault how = FAULT_FULL; how < FAULT_COUNT; how++) {
        bool more = true;
        for (int at = 1; more; at++) {
            struct lab lab;
            ERR_AUTO err = {0};
            lab_init(&lab, STACK, STACK_COUNT);
            lab.options.settle_ms = 20;
            assert_true(lab_open(&lab, &err));
            fault = how;
            fault_at = at;
            atomic_store(&writes, 0);
            atomic_store(&syncs, 0);
            more = !lab_apply(&lab, &err);
            fault = FAULT_NONE;
            if (more) {
                faults++;
                assert_int_equal(err.kind, ERR_IO);
                assert_nothing_lost(&lab);
                int applies = 0;
                for (size_t i = 0; i < STACK_COUNT; i++)
                    applies += lab_thing(&lab, STACK[i]->id)->applies;
                // It stays broken: nothing is made in the same life, whatever is tried.
                ERR_AUTO again = {0};
                assert_false(journal_write_undo(lab.journal, "vpc", &again));
                assert_int_equal(again.kind, ERR_IO);
                lab_close(&lab);
                err_clear(&err);
                assert_true(lab_open(&lab, &err));
                assert_true(lab_apply(&lab, &err));
                assert_true(applies <= STACK_COUNT);
            }
            for (size_t i = 0; i < STACK_COUNT; i++) {
                assert_int_equal(lab_thing(&lab, STACK[i]->id)->creations, 1);
                assert_int_equal(lab_thing(&lab, STACK[i]->id)->live, 1);
            }
            assert_int_equal(lab.cloud->violations, 0);
            lab_clear(&lab);
        }
    }
    print_message("%u faults, 0 wrong\n", faults);
    assert_true(faults >= 3 * 9 - 6); // fsyncs may be shared
}

static void not_before_the_call(void **state)
{
    // When the very first intent cannot be written, no call that changes anything is made.
    struct lab lab;
    ERR_AUTO err = {0};
    lab_init(&lab, STACK, STACK_COUNT);
    assert_true(lab_open(&lab, &err));
    lab.options.workers = 1;
    fault = FAULT_FULL;
    fault_at = 1;
    atomic_store(&writes, 0);
    assert_false(lab_apply(&lab, &err));
    fault = FAULT_NONE;
    assert_non_null(strstr(err.message, "No space left"));
    for (size_t i = 0; i < STACK_COUNT; i++)
        assert_int_equal(lab_thing(&lab, STACK[i]->id)->applies, 0);
    lab_clear(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_record),
        cmocka_unit_test(not_before_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
