// SPDX-License-Identifier: MIT
// Claim: no journal makes the replay crash or read behind its end, whether its checksums are right
// or not; what it accepts has whole lines only and a state that makes sense.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/engine/journal_private.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct journal *young(void)
{
    struct journal *j = mem_calloc(1, sizeof *j);
    j->lock.fd = -1;
    j->fd = -1;
    j->path = mem_strdup("journal");
    j->guard = mem_alloc(sizeof *j->guard);
    j->settled = mem_alloc(sizeof *j->settled);
    pthread_mutex_init(j->guard, NULL);
    pthread_cond_init(j->settled, NULL);
    return j;
}

static void replay(const char *text, size_t length)
{
    struct journal *j = young();
    size_t good = 0;
    ERR_AUTO err = {0};
    if (journal_replay(j, text, length, &good, &err)) {
        must(good > 0 && good <= length && text[good - 1] == '\n');
        must((good < length) == (journal_warning(j) != NULL));
        must(journal_name(j) && journal_account(j) && journal_region(j) && journal_stack(j) &&
             journal_salt(j));
        for (size_t i = 0; i < journal_step_count(j); i++) {
            const struct journal_step *s = journal_step_at(j, i);
            must(!(s->open && s->made) && (!s->ready || s->made) && *s->id);
        }
    } else {
        must((err.kind == ERR_IO || err.kind == ERR_INPUT) && err.message && err.remedy);
    }
    journal_close(j);
}

// Each line that is an object becomes a record with its number and checksum, or the search would
// never come behind them.
static void sealed(const char *text, size_t length, struct str *out)
{
    int64_t seq = 0;
    for (const char *p = text; p < text + length;) {
        const char *end = memchr(p, '\n', (size_t)(text + length - p));
        size_t n = (size_t)((end ? end : text + length) - p);
        JSON_AUTO *record = json_parse(p, n, NULL, NULL);
        if (json_type(record) == JSON_OBJECT && json_count(record)) {
            AUTO_FREE char *line = journal_line(record, ++seq);
            str_add(out, line);
        }
        p += n + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    replay((const char *)data, size);
    STR_AUTO text;
    str_init(&text, JOURNAL_MAX_BYTES);
    sealed((const char *)data, size, &text);
    if (text.len)
        replay(text.data, text.len);
    return 0;
}
