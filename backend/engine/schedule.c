// SPDX-License-Identifier: MIT
// Tables have some sixty rows, so every question is a walk over the edges.
#include "backend/engine/schedule.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

static size_t find(const struct step *const *steps, size_t count, const char *id)
{
    size_t i = 0;
    while (i < count && !str_eq(steps[i]->id, id))
        i++;
    return i;
}

static void add_edge(struct schedule *s, size_t from, size_t to, bool made, bool reverse)
{
    s->edges = mem_realloc(s->edges, s->edge_count + 1, sizeof *s->edges);
    // Deleting knows no half: the dependant must be gone.
    s->edges[s->edge_count++] = reverse ? (struct schedule_edge){.from = to, .to = from}
                                        : (struct schedule_edge){from, to, made};
}

static void add_needs(struct schedule *s, const struct step *const *steps, size_t to, bool made,
                      bool reverse)
{
    const char *const *needs = made ? steps[to]->needs_made : steps[to]->needs;
    for (size_t n = 0; n < STEP_NEEDS_MAX && needs[n]; n++) {
        size_t from = find(steps, s->count, needs[n]);
        if (from < s->count)
            add_edge(s, from, to, made, reverse);
    }
}

void schedule_init(struct schedule *s, const struct step *const *steps, size_t count, bool reverse)
{
    *s = (struct schedule){.count = count};
    s->unmet = mem_calloc(count, sizeof *s->unmet);
    s->rest = mem_calloc(count, sizeof *s->rest);
    for (size_t i = 0; i < count; i++) {
        add_needs(s, steps, i, false, reverse);
        add_needs(s, steps, i, true, reverse);
    }
    for (size_t e = 0; e < s->edge_count; e++)
        s->unmet[s->edges[e].to]++;
}

void schedule_clear(struct schedule *s)
{
    mem_free(s->edges);
    mem_free(s->unmet);
    mem_free(s->rest);
    *s = (struct schedule){0};
}

bool schedule_order(const struct step *const *steps, size_t count, size_t *order)
{
    struct schedule s;
    schedule_init(&s, steps, count, false);
    bool *placed = mem_calloc(count, sizeof *placed);
    size_t n = 0;
    for (bool found = true; found && n < count;) {
        found = false;
        for (size_t i = 0; i < count && !found; i++) {
            if (placed[i] || s.unmet[i])
                continue;
            found = placed[i] = true;
            order[n++] = i;
            for (size_t e = 0; e < s.edge_count; e++)
                if (s.edges[e].from == i)
                    s.unmet[s.edges[e].to]--;
        }
    }
    mem_free(placed);
    schedule_clear(&s);
    return n == count;
}

void schedule_weigh(struct schedule *s, const int64_t *usual_ms)
{
    // As many rounds as the longest chain has steps; the order of items is not used, so it works
    // reversed too.
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < s->count; i++) {
            int64_t behind = 0;
            for (size_t e = 0; e < s->edge_count; e++)
                if (s->edges[e].from == i && s->rest[s->edges[e].to] > behind)
                    behind = s->rest[s->edges[e].to];
            if (s->rest[i] < usual_ms[i] + behind) {
                s->rest[i] = usual_ms[i] + behind;
                changed = true;
            }
        }
    }
}

void schedule_first(struct schedule *s, void (*ready)(void *context, size_t index), void *context)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->unmet[i])
            ready(context, i);
}

static void met(struct schedule *s, size_t index, bool made,
                void (*ready)(void *context, size_t index), void *context)
{
    for (size_t e = 0; e < s->edge_count; e++) {
        const struct schedule_edge *edge = &s->edges[e];
        if (edge->from == index && edge->made == made && --s->unmet[edge->to] == 0)
            ready(context, edge->to);
    }
}

void schedule_made(struct schedule *s, size_t index, void (*ready)(void *context, size_t index),
                   void *context)
{
    met(s, index, true, ready, context);
}

void schedule_finished(struct schedule *s, size_t index, void (*ready)(void *context, size_t index),
                       void *context)
{
    met(s, index, false, ready, context);
}
