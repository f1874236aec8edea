// SPDX-License-Identifier: MIT
// The backend screen: source, size with its cost, processor, builder.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/str.h"
#include "screens/backend_screen.h"
#include "tests/unit/screens/play.h"

static void start(struct play *p, void (*change)(struct answers *))
{
    play_start(p, change);
    wizard_go(&p->wizard, SCREEN_BACKEND);
    p->wizard.to_review = false;
}

static void test_the_defaults_go_on(void **state)
{
    // claim: Enter at once goes on with the built-in backend, and the answers stay what they were
    struct play p;
    start(&p, NULL);
    play_until(&p, "built here, without Docker");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_REVIEW);
    assert_int_equal(p.wizard.answers.backend.source, SOURCE_BUILTIN);
    assert_int_equal(p.wizard.answers.backend.cpu_units, 256);
    play_end(&p);
}

static void test_a_size_says_what_it_costs(void **state)
{
    // claim: each size has its monthly cost, choosing one takes both numbers, and ARM is cheaper
    struct play p;
    start(&p, NULL);
    play_until(&p, "(•) 0.25 vCPU, 0.5 GB: $9.01 a month");
    view_focus(p.wizard.view, "size");
    play_key(&p, K_RIGHT);
    play_until(&p, "(•) 0.5 vCPU, 1 GB: $18.02 a month");
    assert_int_equal(p.wizard.answers.backend.cpu_units, 512);
    assert_int_equal(p.wizard.answers.backend.memory_mib, 1024);
    view_focus(p.wizard.view, "arch");
    play_key(&p, K_RIGHT);
    assert_int_equal(p.wizard.answers.backend.arch, ARCH_ARM64);
    play_until(&p, "(•) 0.5 vCPU, 1 GB: $14.42 a month");
    play_end(&p);
}

static void odd(struct answers *a)
{
    a->backend.cpu_units = 256;
    a->backend.memory_mib = 2048;
    a->backend.tasks = 7;
}

static void test_an_unusual_size_is_kept(void **state)
{
    // claim: a size and a number of containers that a file gave are shown as chosen, not replaced
    struct play p;
    start(&p, odd);
    play_until(&p, "(•) 0.25 vCPU, 2 GB");
    play_until(&p, "(•) 7");
    play_end(&p);
}

static void test_a_repository_shows_its_commit(void **state)
{
    // claim: the address is checked while it is typed; when it is one, the commit is looked up and
    // shown
    struct play p;
    start(&p, NULL);
    play_until(&p, "my git repository");
    fake_core_answer(CORE_SOURCE, NULL,
                     "{\"description\":\"acme/forest main\",\"commit\":"
                     "\"1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d\"}");
    view_focus(p.wizard.view, "source");
    play_key(&p, K_RIGHT);
    play_until(&p, "Repository");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_BACKEND);
    play_until(&p, "Type the address of your repository.");
    unsigned before = fake_core_asked(CORE_SOURCE);
    play_type(&p, "nonsense");
    play_until(&p, "✘");
    assert_int_equal(fake_core_asked(CORE_SOURCE), before);
    play_ctrl(&p, 'u');
    play_paste(&p, "https://github.com/acme/forest.git\n");
    play_until(&p, "commit 1a2b3c4d5e6f will be deployed");
    play_end(&p);
}

static void test_a_source_that_is_not_there_stops(void **state)
{
    // claim: a repository that cannot be read says why, and Enter stays here
    struct play p;
    start(&p, NULL);
    play_until(&p, "my git repository");
    fake_core_fail(CORE_SOURCE, NULL, ERR_NOT_FOUND, "the repository is not there, or not for you",
                   "check the address and this machine's git credentials");
    view_focus(p.wizard.view, "source");
    play_key(&p, K_RIGHT);
    view_focus(p.wizard.view, "git_url");
    play_paste(&p, "https://github.com/acme/gone.git");
    play_until(&p, "The repository is not there");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_BACKEND);
    play_end(&p);
}

static void with_docker(struct answers *a)
{
    a->backend.builder = BUILDER_DOCKER;
}

static void test_builders_of_this_machine_are_offered(void **state)
{
    // claim: what is not on this machine is not offered, but one that the answers name stays and is
    // told to be missing
    struct play p;
    start(&p, NULL);
    play_until(&p, "(•) automatic   ( ) built in");
    assert_false(play_shows(&p, "( ) docker"));
    play_end(&p);
    start(&p, with_docker);
    play_until(&p, "docker does not answer on this machine.");
    assert_true(play_shows(&p, "(•) docker"));
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_defaults_go_on),
        cmocka_unit_test(test_a_size_says_what_it_costs),
        cmocka_unit_test(test_an_unusual_size_is_kept),
        cmocka_unit_test(test_a_repository_shows_its_commit),
        cmocka_unit_test(test_a_source_that_is_not_there_stops),
        cmocka_unit_test(test_builders_of_this_machine_are_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
