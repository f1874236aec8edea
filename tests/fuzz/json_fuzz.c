// SPDX-License-Identifier: MIT
// Claim: no text makes the strict reader crash or read behind its end; what it accepts can be
// written and read again, and is the same then; what it refuses has a reason.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_places places = {0};
    ERR_AUTO err = {0};
    JSON_AUTO *tree = json_parse((const char *)data, size, &places, &err);
    must((tree != NULL) == (err.kind == ERR_NONE));
    if (tree) {
        must(places.count > 0 && places.items[0].line >= 1);
        AUTO_FREE char *first = json_print(tree);
        JSON_AUTO *again = json_parse(first, strlen(first), NULL, NULL);
        must(again != NULL);
        AUTO_FREE char *second = json_print_pretty(again);
        JSON_AUTO *third_tree = json_parse(second, strlen(second), NULL, NULL);
        AUTO_FREE char *third = json_print(third_tree);
        must(strcmp(first, third) == 0);
    } else {
        must(err.kind == ERR_INPUT && err.message);
    }
    json_places_clear(&places);
    return 0;
}
