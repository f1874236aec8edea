// SPDX-License-Identifier: MIT
// What the two files of the backend screen share: backend_screen.c knows the answers,
// backend_view.c shows them.
#ifndef FOREST_SCREENS_BACKEND_SCREEN_H
#define FOREST_SCREENS_BACKEND_SCREEN_H

#include "screens/tell.h"
#include "screens/wizard.h"

enum { BACKEND_TEXT_BYTES = 1024, BACKEND_SIZES = 5, BACKEND_TASKS = 4, BACKEND_BUILDERS = 5 };

struct backend_screen {
    bool entered;
    struct edit git_url, git_ref, git_folder, folder;
};

struct backend_size {
    unsigned cpu_units, memory_mib;
};

void backend_build(struct wizard *wizard, struct view *view);

// The sizes that are offered: four usual ones, and the answers' own when it is another. The index
// of the answers' own is in *out_chosen.
size_t backend_sizes(const struct answers *answers, struct backend_size out[BACKEND_SIZES],
                     size_t *out_chosen);
size_t backend_task_counts(const struct answers *answers, unsigned out[BACKEND_TASKS],
                           size_t *out_chosen);
// Automatic, then those of this machine; the answers' own also when it is not there.
size_t backend_builders(struct wizard *wizard, enum image_builder out[BACKEND_BUILDERS],
                        size_t *out_chosen);
// Is the builder's program on this machine? True while that is not known.
bool backend_builder_found(struct wizard *wizard, enum image_builder builder);
// Can the source be looked at: is enough of it typed, by its rules?
bool backend_source_complete(const struct answers *answers);
const char *backend_builder_word(enum image_builder builder); // "docker"

#endif
