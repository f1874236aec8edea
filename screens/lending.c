// SPDX-License-Identifier: MIT
#include "screens/lending.h"

#include <pthread.h>

#include "backend/base/lend.h"
#include "backend/base/mem.h"

enum { SLICE_MS = 20 };

enum lending_state { FREE, WANTED, LENT, RETURNED };

struct lending {
    pthread_mutex_t lock;
    enum lending_state state;
    void (*wake)(void *context);
    void *context;
};

static bool move(struct lending *l, enum lending_state from, enum lending_state to)
{
    pthread_mutex_lock(&l->lock);
    bool moved = l->state == from;
    if (moved)
        l->state = to;
    pthread_mutex_unlock(&l->lock);
    return moved;
}

static bool is(struct lending *l, enum lending_state state)
{
    return move(l, state, state);
}

// On the worker's thread. The one before may still be on its way back.
static bool take(void *context, struct cancel *cancel)
{
    struct lending *l = context;
    while (!move(l, FREE, WANTED))
        if (!cancel_sleep(cancel, SLICE_MS))
            return false;
    l->wake(l->context);
    while (!is(l, LENT))
        if (!cancel_sleep(cancel, SLICE_MS) && move(l, WANTED, FREE))
            return false;
    return true;
}

static void give_back(void *context)
{
    struct lending *l = context;
    move(l, LENT, RETURNED);
    l->wake(l->context);
}

struct lending *lending_new(void (*wake)(void *context), void *context)
{
    struct lending *l = mem_calloc(1, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->wake = wake;
    l->context = context;
    lend_offer(&(struct lender){.take = take, .give_back = give_back, .context = l});
    return l;
}

void lending_free(struct lending *l)
{
    if (!l)
        return;
    lend_offer(NULL);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

enum lending_turn lending_turn(struct lending *l)
{
    if (is(l, WANTED))
        return LENDING_GO;
    return move(l, RETURNED, FREE) ? LENDING_BACK : LENDING_NONE;
}

void lending_grant(struct lending *l)
{
    move(l, WANTED, LENT);
}
