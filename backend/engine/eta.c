// SPDX-License-Identifier: MIT
// {"version":1,"regions":{"eu-west-3":{"vpc-link":[91000,88000]}}}, the newest last.
#include "backend/engine/eta.h"

#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"

enum { ETA_KEPT = 8, ETA_VERSION = 1 };

// One slow run must not spoil the estimate, and what AWS did last year should not count as much as
// today: a median over weights that shrink by this factor with each newer run.
static const double ETA_FADE = 0.8;

struct eta {
    char *path;
    char *region;
    struct json *root;
    bool changed;
};

static struct json *load(const char *path)
{
    STR_AUTO text;
    str_init(&text, STR_FILE);
    if (!path || !fs_read(path, &text, NULL))
        return NULL;
    struct json *root = json_parse(text.data, text.len, NULL, NULL);
    if (root && json_int(root, "version", 0) == ETA_VERSION &&
        json_type(json_get(root, "regions")) == JSON_OBJECT)
        return root;
    json_free(root);
    return NULL;
}

struct eta *eta_open(const char *path, const char *region)
{
    struct eta *eta = mem_calloc(1, sizeof *eta);
    eta->path = path ? mem_strdup(path) : NULL;
    eta->region = mem_strdup(region ? region : "");
    eta->root = load(path);
    if (!eta->root) {
        eta->root = json_object();
        json_put_int(eta->root, "version", ETA_VERSION);
        json_put(eta->root, "regions", json_object());
    }
    return eta;
}

void eta_free(struct eta *eta)
{
    if (!eta)
        return;
    json_free(eta->root);
    mem_free(eta->path);
    mem_free(eta->region);
    mem_free(eta);
}

static const struct json *runs_of(const struct eta *eta, const char *step)
{
    return json_get(json_get(json_get(eta->root, "regions"), eta->region), step);
}

struct run {
    double ms;
    double weight;
};

static void sort_runs(struct run *runs, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && runs[j - 1].ms > runs[j].ms; j--) {
            struct run swap = runs[j];
            runs[j] = runs[j - 1];
            runs[j - 1] = swap;
        }
}

int64_t eta_usual_ms(const struct eta *eta, const char *step, int64_t fallback)
{
    struct run runs[ETA_KEPT] = {0};
    size_t count = 0;
    double total = 0;
    for (const struct json *r = json_first(runs_of(eta, step)); r && count < ETA_KEPT;
         r = json_next(r)) {
        double ms = json_num(r, "", -1);
        if (ms < 0)
            continue;
        for (size_t i = 0; i < count; i++)
            runs[i].weight *= ETA_FADE;
        runs[count++] = (struct run){ms, 1.0};
    }
    if (!count)
        return fallback;
    sort_runs(runs, count);
    for (size_t i = 0; i < count; i++)
        total += runs[i].weight;
    double seen = 0;
    size_t at = 0;
    for (seen = runs[0].weight; seen < total / 2 && at + 1 < count; seen += runs[at].weight)
        at++;
    return (int64_t)runs[at].ms;
}

void eta_add(struct eta *eta, const char *step, int64_t ms)
{
    struct json *runs = json_array();
    const struct json *old = runs_of(eta, step);
    size_t skip = json_count(old) >= ETA_KEPT ? json_count(old) - ETA_KEPT + 1 : 0;
    for (const struct json *r = json_first(old); r; r = json_next(r))
        if (!skip)
            json_push(runs, json_copy(r));
        else
            skip--;
    struct json *holder = json_object(); // numbers are made through an object
    json_put_int(holder, "ms", ms);
    json_push(runs, json_copy(json_get(holder, "ms")));
    json_free(holder);
    // The tree is only readable in place, so the two objects on the way are replaced by copies.
    const struct json *regions = json_get(eta->root, "regions");
    const struct json *region = json_get(regions, eta->region);
    struct json *new_region = region ? json_copy(region) : json_object();
    json_put(new_region, step, runs);
    struct json *new_regions = json_copy(regions);
    json_put(new_regions, eta->region, new_region);
    json_put(eta->root, "regions", new_regions);
    eta->changed = true;
}

bool eta_save(struct eta *eta, struct err *err)
{
    if (!eta->path || !eta->changed)
        return true;
    AUTO_FREE char *text = json_print(eta->root);
    eta->changed = false;
    return fs_write(eta->path, text, strlen(text), 0600, err);
}
