// SPDX-License-Identifier: MIT
// How good was the order? The longest chain of steps, each with its own measured time, is what even
// unlimited workers could not have beaten.
#include "backend/base/mem.h"
#include "backend/engine/internal.h"

void engine_summary_clear(struct summary *summary)
{
    mem_free(summary->times);
    *summary = (struct summary){0};
}

struct chain {
    int64_t start; // ideal: when the last of its needs was met
    size_t from;   // which that was; SIZE_MAX: none
};

static int64_t ran_for(const struct step_time *t, bool made)
{
    int64_t end = made && t->made_ms ? t->made_ms : t->end_ms;
    return end > t->start_ms ? end - t->start_ms : 0;
}

// Edges lead forward in the order of items, or backward when reversed; walking them in that order
// once settles every start.
static void settle(const struct engine *e, struct chain *chains, bool reverse)
{
    const struct step_time *times = e->summary->times;
    for (size_t n = 0; n < e->plan->count; n++) {
        size_t i = reverse ? e->plan->count - 1 - n : n;
        for (size_t k = 0; k < e->schedule.edge_count; k++) {
            const struct schedule_edge *edge = &e->schedule.edges[k];
            if (edge->to != i)
                continue;
            int64_t met = chains[edge->from].start + ran_for(&times[edge->from], edge->made);
            if (met > chains[i].start || chains[i].from == SIZE_MAX) {
                chains[i].start = met > chains[i].start ? met : chains[i].start;
                chains[i].from = edge->from;
            }
        }
    }
}

void times_finish(struct engine *e, bool reverse)
{
    struct summary *s = e->summary;
    s->makespan_ms = engine_now(e);
    s->failed = e->failed;
    s->total = (unsigned)s->count;
    s->done = engine_count(e);
    struct chain *chains = mem_calloc(s->count, sizeof *chains);
    for (size_t i = 0; i < s->count; i++)
        chains[i].from = SIZE_MAX;
    settle(e, chains, reverse);
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < s->count; i++) {
        int64_t end = chains[i].start + ran_for(&s->times[i], false);
        if (last == SIZE_MAX || end > s->critical_ms) {
            s->critical_ms = end;
            last = i;
        }
    }
    for (size_t i = last; i != SIZE_MAX; i = chains[i].from)
        s->times[i].critical = true;
    s->ratio = s->critical_ms > 0 ? (double)s->makespan_ms / (double)s->critical_ms : 1.0;
    mem_free(chains);
}
