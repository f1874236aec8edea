// SPDX-License-Identifier: MIT
// What the journal's files share: journal.c opens and answers, journal_replay.c reads,
// journal_write.c appends.
#ifndef FOREST_ENGINE_JOURNAL_PRIVATE_H
#define FOREST_ENGINE_JOURNAL_PRIVATE_H

#include <pthread.h>

#include "backend/base/fs.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"

enum {
    JOURNAL_VERSION = 1,
    JOURNAL_MAX_BYTES = 64 * 1024 * 1024,
    JOURNAL_RECORD_MAX = 1024 * 1024
};

struct journal {
    char *dir;
    char *path;
    struct fs_lock lock; // fd -1: opened to look only
    int fd;              // for appending, or -1
    char *name;
    char *account;
    char *region;
    char *stack;
    char *salt;
    struct json *answers;
    struct json *outcome;
    char *warning;
    struct journal_step **steps; // each allocated alone: its address stays
    size_t step_count;
    int64_t seq;       // of the last record
    int64_t opened_ms; // 0: to look only

    // Behind pointers, so that reading a `const struct journal` may take the guard too.
    pthread_mutex_t *guard;  // everything above that changes, and below
    pthread_cond_t *settled; // an fsync has ended
    uint64_t written;        // records handed to the kernel
    uint64_t synced;         // of them on the disk for certain
    bool syncing;
    struct err broken; // the first failure to write; kind ERR_NONE while there was none
};

// Reads `text`, the whole file. The length of the good part goes to *good; a torn last line is not
// in it and sets the warning. ERR_IO with the line number when anything before is damaged.
bool journal_replay(struct journal *journal, const char *text, size_t length, size_t *good,
                    struct err *err);
// Changes the state in memory as this record says; false when it makes no sense.
bool journal_take(struct journal *journal, const struct json *record);
// {"seq":7,...,"crc":"0badcafe"} and a newline, for a record without either, which gets its number
// set on the way; the caller's.
char *journal_line(struct json *record, int64_t seq);
// The first record of a new journal.
struct json *journal_header(struct journal *journal);
struct journal_step *journal_entry(struct journal *journal, const char *id); // made when missing

#endif
