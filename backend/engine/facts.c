// SPDX-License-Identifier: MIT
// A list guarded by one lock: a setup knows a few hundred facts, and each is read a few times.
#include "backend/engine/facts.h"

#include <pthread.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

struct fact {
    char *key;
    char *value; // NULL: forgotten
};

// Behind a pointer, so that reading a `const struct facts` may still take the lock.
struct store {
    pthread_mutex_t lock;
    struct fact *items;
    size_t count;
    char **old; // replaced values: somebody may still hold them
    size_t old_count;
};

struct facts {
    struct store *store;
};

struct facts *facts_new(void)
{
    struct facts *facts = mem_calloc(1, sizeof *facts);
    facts->store = mem_calloc(1, sizeof *facts->store);
    pthread_mutex_init(&facts->store->lock, NULL);
    return facts;
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    struct store *s = facts->store;
    for (size_t i = 0; i < s->count; i++) {
        mem_free(s->items[i].key);
        mem_free(s->items[i].value);
    }
    for (size_t i = 0; i < s->old_count; i++)
        mem_free(s->old[i]);
    mem_free(s->items);
    mem_free(s->old);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
    mem_free(facts);
}

static struct fact *find(const struct store *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->items[i].key, key))
            return &s->items[i];
    return NULL;
}

static void retire(struct store *s, char *value)
{
    if (!value)
        return;
    s->old = mem_realloc(s->old, s->old_count + 1, sizeof *s->old);
    s->old[s->old_count++] = value;
}

static void put(struct store *s, const char *key, const char *value)
{
    struct fact *f = find(s, key);
    if (!f) {
        s->items = mem_realloc(s->items, s->count + 1, sizeof *s->items);
        f = &s->items[s->count++];
        *f = (struct fact){.key = mem_strdup(key)};
    }
    if (f->value && str_eq(f->value, value))
        return; // looking again must not grow the store
    retire(s, f->value);
    f->value = value ? mem_strdup(value) : NULL;
}

void facts_set(struct facts *facts, const char *key, const char *value)
{
    pthread_mutex_lock(&facts->store->lock);
    put(facts->store, key, value);
    pthread_mutex_unlock(&facts->store->lock);
}

const char *facts_get(const struct facts *facts, const char *key)
{
    pthread_mutex_lock(&facts->store->lock);
    const struct fact *f = find(facts->store, key);
    const char *value = f ? f->value : NULL;
    pthread_mutex_unlock(&facts->store->lock);
    return value;
}

// The part of a key after "<step>.", or NULL when it is another step's.
static const char *name_in_step(const char *key, const char *step_id)
{
    size_t n = strlen(step_id);
    return strncmp(key, step_id, n) == 0 && key[n] == '.' ? key + n + 1 : NULL;
}

struct json *facts_of_step(const struct facts *facts, const char *step_id)
{
    struct json *object = json_object();
    struct store *s = facts->store;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->count; i++) {
        const char *name = name_in_step(s->items[i].key, step_id);
        if (name && s->items[i].value)
            json_put_str(object, name, s->items[i].value);
    }
    pthread_mutex_unlock(&s->lock);
    return object;
}

void facts_load_step(struct facts *facts, const char *step_id, const struct json *object)
{
    for (const struct json *f = json_first(object); f; f = json_next(f)) {
        AUTO_FREE char *key = mem_printf("%s.%s", step_id, json_key(f));
        if (json_text(f))
            facts_set(facts, key, json_text(f));
    }
}

void facts_forget_step(struct facts *facts, const char *step_id)
{
    struct store *s = facts->store;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->count; i++) {
        if (!name_in_step(s->items[i].key, step_id))
            continue;
        retire(s, s->items[i].value);
        s->items[i].value = NULL;
    }
    pthread_mutex_unlock(&s->lock);
}
