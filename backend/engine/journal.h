// SPDX-License-Identifier: MIT
// The append-only record of one setup on this machine: <state dir>/<name>/journal, one JSON object
// a line.
//
// journal_open() takes the lock, replays and repairs the torn last line; every record goes out with
// one write and an fsync before the call returns; journal_close(). journal_look() reads without the
// lock, for status. Records carry seq, time and a CRC; a bad line in the middle is ERR_IO with its
// number and nothing is guessed. The first failed write makes every later one fail (fsync may not
// be tried again). Never in a record: a secret. Thread-safe.
#ifndef FOREST_ENGINE_JOURNAL_H
#define FOREST_ENGINE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/err.h"
#include "backend/codec/json.h"

struct journal;

struct journal_identity { // pinned by the first record; another account or region is refused
                          // (ERR_CONFLICT)
    const char *name;
    const char *account;
    const char *region;
    const char *stack; // the setup's id, goes into every tag
};

enum journal_state {
    JOURNAL_NONE,
    JOURNAL_INTENT,
    JOURNAL_DONE,
    JOURNAL_FAILED,
    JOURNAL_UNDO_INTENT,
    JOURNAL_GONE
};

struct journal_step {
    char *id;
    enum journal_state state; // of the last record
    bool made;                // it exists, as far as the records tell
    bool ready;               // and its wait and verify have passed since
    bool open;                // a create began whose outcome is not known: it may exist
    unsigned generation;
    int64_t wall_ms;     // of the last record
    int64_t duration_ms; // of the last successful run
    struct json *facts;  // as last recorded
    char *error;         // of the last failure
};

// `identity->account` NULL: the name alone is known yet; ERR_NOT_FOUND when the journal does not
// exist then. Region and stack may be NULL too for one that exists. ERR_CONFLICT: locked (says by
// whom), or pinned to another account or region. ERR_IO: damaged (says which line), unsafe (link,
// foreign owner, open mode) or written by a newer version.
bool journal_open(struct journal **out, const char *state_dir,
                  const struct journal_identity *identity, struct err *err);
bool journal_look(struct journal **out, const char *state_dir, const char *name,
                  struct err *err); // read only
void journal_close(struct journal *journal);

const char *journal_name(const struct journal *journal);
const char *journal_account(const struct journal *journal);
const char *journal_region(const struct journal *journal);
const char *journal_stack(const struct journal *journal);
const char *journal_salt(const struct journal *journal); // random, for client tokens
const char *journal_dir(const struct journal *journal);  // <state dir>/<name>
// The last answers recorded (no secrets, only references), or NULL; borrowed.
const struct json *journal_answers(const struct journal *journal);
// When it was opened for writing, by clock_ms(): since then no other run on this machine works with
// it. 0 when it was opened to look only.
int64_t journal_opened_ms(const struct journal *journal);
// What had to be repaired when it was opened (a torn last line), one sentence, or NULL. The engine
// tells it once.
const char *journal_warning(const struct journal *journal);
const struct json *journal_outcome(
    const struct journal *journal); // last run: {"command","result","at","text"...} or NULL
size_t journal_step_count(const struct journal *journal);
const struct journal_step *journal_step_at(const struct journal *journal, size_t index);
// NULL when never touched. A step's entry is changed only by writes for that step and lives as long
// as the journal.
const struct journal_step *journal_step(const struct journal *journal, const char *id);

bool journal_write_answers(struct journal *journal, const struct json *answers, struct err *err);
bool journal_write_intent(struct journal *journal, const char *step, const char *what,
                          struct err *err);
// Made: it exists; what it waits for may not have come yet.
bool journal_write_done(struct journal *journal, const char *step, const struct json *facts,
                        struct err *err);
// Finished: made, waited for and verified.
bool journal_write_ready(struct journal *journal, const char *step, const struct json *facts,
                         int64_t duration_ms, struct err *err);
// `facts`: what is known of a half-made thing. The step stays `open` when it may exist. Secrets in
// the message are scrubbed.
bool journal_write_failed(struct journal *journal, const char *step, const struct json *facts,
                          const struct err *why, struct err *err);
bool journal_write_undo(struct journal *journal, const char *step, struct err *err);
bool journal_write_gone(struct journal *journal, const char *step,
                        struct err *err); // generation goes up
bool journal_write_outcome(struct journal *journal, const struct json *outcome, struct err *err);
// After a complete destroy: the directory is moved to <name>.destroyed-<time> (kept for the
// record).
bool journal_retire(struct journal *journal, struct err *err);

// Records that cannot be read go to <name>.damaged-<time>; a version key that lay beside them comes
// into the new, empty <name>. ERR_CONFLICT when another process works on them.
bool journal_set_aside(const char *state_dir, const char *name, struct err *err);

// Names of the setups that have a journal in this state dir; the caller frees each and the array.
bool journal_list(const char *state_dir, char ***out_names, size_t *out_count, struct err *err);

#endif
