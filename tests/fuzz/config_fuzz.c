// SPDX-License-Identifier: MIT
// Claim: no answer file makes the reader crash, read behind its end or accept what its writer
// cannot write again.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/setup/config.h"
#include "backend/setup/validate.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void round_trip(const struct answers *answers)
{
    JSON_AUTO *tree = config_write(answers);
    AUTO_FREE char *first = json_print_pretty(tree);
    struct answers again = {0};
    must(config_read(tree, &again, NULL));
    JSON_AUTO *second_tree = config_write(&again);
    AUTO_FREE char *second = json_print_pretty(second_tree);
    must(strcmp(first, second) == 0);
    answers_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answers answers = {0};
    struct problems problems = {0};
    bool ok = config_parse((const char *)data, size, NULL, &answers, &problems);
    must(ok == (problems.count == 0));
    must(problems.count <= PROBLEMS_MAX);
    if (ok) {
        round_trip(&answers);
        validate_complete(&answers, &problems);
    }
    problems_clear(&problems);
    answers_clear(&answers);
    return 0;
}
