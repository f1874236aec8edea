// SPDX-License-Identifier: MIT
// Claim: no text makes the reader crash, read behind its end or fetch something; each element of a
// document it accepts can be found by its path.
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/codec/xml.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

// The paths that answers of AWS are asked for.
static const char *const PATHS[] = {"",        "a", "a/b", "Error/Code", "Errors/Error/Message",
                                    "set/item"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ERR_AUTO err = {0};
    XML_AUTO *document = xml_parse((const char *)data, size, &err);
    must((document != NULL) == (err.kind == ERR_NONE));
    must(document || (err.kind == ERR_REMOTE && err.message));
    const struct xml_node *root = xml_root(document);
    must((document != NULL) == (root != NULL));
    must(!root || *xml_name(root));
    for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
        size_t count = 0;
        for (const struct xml_node *n = xml_find(root, PATHS[i]); n;
             n = *PATHS[i] ? xml_next(n) : NULL)
            count++;
        must(count == 0 || xml_str(root, PATHS[i]) != NULL);
        must(!*PATHS[i] || count == xml_count(root, PATHS[i]));
        (void)xml_long(root, PATHS[i], 0);
    }
    return 0;
}
