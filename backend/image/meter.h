// SPDX-License-Identifier: MIT
// What the threads of one image_publish() share: the caller's callbacks (called by one thread at a
// time), the count of bytes, and the flag by which the first failure stops the others.
#ifndef FOREST_IMAGE_METER_H
#define FOREST_IMAGE_METER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/image/image.h"

struct meter {
    const struct image_progress *progress;
    struct cancel *cancel; // the user's
    atomic_bool stop;      // a part has failed: the others need not go on
    pthread_mutex_t lock;
    int64_t done, total, sent;
    char note[80]; // what meter_note() said last
};

void meter_init(struct meter *m, const struct image_progress *progress, struct cancel *cancel);
void meter_clear(struct meter *m);
void meter_note(struct meter *m, const char *text);
// From a thread at work beside that: shown until the next note. NULL: it has ended, and what
// meter_note() said last is shown again.
void meter_note_beside(struct meter *m, const char *text);
void meter_log(struct meter *m, const char *line);
void meter_expect(struct meter *m, int64_t bytes); // so much more is to be done
void meter_done(struct meter *m, int64_t bytes);   // negative: to be done again
void meter_sent(struct meter *m, int64_t bytes);   // arrived at the registry
bool meter_stopped(const struct meter *m);         // by the user or by a failure

#endif
