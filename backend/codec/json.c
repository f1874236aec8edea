// SPDX-License-Identifier: MIT
// A `struct json *` is a cJSON item under another name, so that no other file can reach the
// library's lax functions.
#include "backend/codec/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/codec/json_strict.h"

// Trees hold secrets, too (a request, a token file): the library frees with our wiping free.
__attribute__((constructor)) static void wipe_what_is_freed(void)
{
    cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = mem_free};
    cJSON_InitHooks(&hooks);
}

static cJSON *item(struct json *node)
{
    return (cJSON *)node;
}

static const cJSON *look(const struct json *node)
{
    return (const cJSON *)node;
}

static struct json *made(cJSON *new_item)
{
    if (!new_item)
        abort(); // the library only fails for want of memory
    return (struct json *)new_item;
}

struct json *json_parse(const char *text, size_t length, struct json_places *places,
                        struct err *err)
{
    if (!json_strict_check(text, length, places, err))
        return NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, length, NULL, 0);
    if (!root) {
        err_set(err, ERR_INTERNAL, "the JSON library refused a text that follows the grammar");
        return NULL;
    }
    return made(root);
}

void json_places_clear(struct json_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        mem_free(places->items[i].path);
    mem_free(places->items);
    *places = (struct json_places){0};
}

unsigned json_line(const struct json_places *places, const char *path)
{
    for (size_t i = 0; i < places->count; i++)
        if (str_eq(places->items[i].path, path))
            return places->items[i].line;
    return 0;
}

void json_free(struct json *node)
{
    cJSON_Delete(item(node));
}

void json_auto_free(struct json **node)
{
    json_free(*node);
}

enum json_type json_type(const struct json *node)
{
    const cJSON *i = look(node);
    if (!i)
        return JSON_ABSENT;
    if (cJSON_IsObject(i))
        return JSON_OBJECT;
    if (cJSON_IsArray(i))
        return JSON_ARRAY;
    if (cJSON_IsString(i))
        return JSON_STRING;
    if (cJSON_IsNumber(i))
        return JSON_NUMBER;
    return cJSON_IsBool(i) ? JSON_BOOL : JSON_NULL;
}

const char *json_key(const struct json *node)
{
    return node ? look(node)->string : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (!object || !cJSON_IsObject(look(object)))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(look(object), key);
}

const struct json *json_path(const struct json *node, const char *path)
{
    while (node && *path) {
        size_t n = strcspn(path, ".");
        AUTO_FREE char *part = mem_strndup(path, n);
        node = json_type(node) == JSON_ARRAY ? json_at(node, strtoul(part, NULL, 10))
                                             : json_get(node, part);
        path += path[n] ? n + 1 : n;
    }
    return node;
}

size_t json_count(const struct json *array_or_object)
{
    size_t n = 0;
    for (const struct json *c = json_first(array_or_object); c; c = json_next(c))
        n++;
    return n;
}

const struct json *json_at(const struct json *array_or_object, size_t index)
{
    const struct json *c = json_first(array_or_object);
    while (c && index--)
        c = json_next(c);
    return c;
}

const struct json *json_first(const struct json *array_or_object)
{
    enum json_type type = json_type(array_or_object);
    return type == JSON_ARRAY || type == JSON_OBJECT
               ? (const struct json *)look(array_or_object)->child
               : NULL;
}

const struct json *json_next(const struct json *node)
{
    return node ? (const struct json *)look(node)->next : NULL;
}

const char *json_text(const struct json *node)
{
    return node && cJSON_IsString(look(node)) ? look(node)->valuestring : NULL;
}

const char *json_str(const struct json *node, const char *path)
{
    return json_text(json_path(node, path));
}

const char *json_str_or(const struct json *node, const char *path, const char *fallback)
{
    const char *text = json_str(node, path);
    return text ? text : fallback;
}

double json_num(const struct json *node, const char *path, double fallback)
{
    const struct json *n = json_path(node, path);
    return n && cJSON_IsNumber(look(n)) ? look(n)->valuedouble : fallback;
}

int64_t json_int(const struct json *node, const char *path, int64_t fallback)
{
    const struct json *n = json_path(node, path);
    return json_is_int(n) ? (int64_t)look(n)->valuedouble : fallback;
}

bool json_bool(const struct json *node, const char *path, bool fallback)
{
    const struct json *n = json_path(node, path);
    return n && cJSON_IsBool(look(n)) ? cJSON_IsTrue(look(n)) != 0 : fallback;
}

bool json_is_int(const struct json *node)
{
    if (!node || !cJSON_IsNumber(look(node)))
        return false;
    double v = look(node)->valuedouble;
    return v >= -9007199254740992.0 && v <= 9007199254740992.0 && floor(v) >= v && floor(v) <= v;
}

struct json *json_object(void)
{
    return made(cJSON_CreateObject());
}

struct json *json_array(void)
{
    return made(cJSON_CreateArray());
}

struct json *json_string(const char *text)
{
    return made(cJSON_CreateString(text));
}

struct json *json_copy(const struct json *node)
{
    return made(cJSON_Duplicate(look(node), 1));
}

struct json *json_put(struct json *object, const char *key, struct json *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(item(object), key);
    if (!cJSON_AddItemToObject(item(object), key, item(value)))
        abort();
    return value;
}

struct json *json_push(struct json *array, struct json *value)
{
    if (!cJSON_AddItemToArray(item(array), item(value)))
        abort();
    return value;
}

void json_put_str(struct json *object, const char *key, const char *text)
{
    if (text)
        json_put(object, key, json_string(text));
}

void json_put_int(struct json *object, const char *key, int64_t value)
{
    json_put(object, key, made(cJSON_CreateNumber((double)value)));
}

void json_put_num(struct json *object, const char *key, double value)
{
    json_put(object, key, made(cJSON_CreateNumber(value)));
}

void json_put_bool(struct json *object, const char *key, bool value)
{
    json_put(object, key, made(cJSON_CreateBool(value)));
}

void json_put_null(struct json *object, const char *key)
{
    json_put(object, key, made(cJSON_CreateNull()));
}

void json_push_str(struct json *array, const char *text)
{
    json_push(array, json_string(text));
}

struct json *json_strings(const char *key, ...)
{
    struct json *object = json_object();
    va_list args;
    va_start(args, key);
    while (key) {
        json_put_str(object, key, va_arg(args, const char *));
        key = va_arg(args, const char *);
    }
    va_end(args);
    return object;
}

void json_wipe(struct json *object, const char *key)
{
    cJSON *i = object ? cJSON_GetObjectItemCaseSensitive(item(object), key) : NULL;
    if (i && cJSON_IsString(i))
        secret_wipe(i->valuestring, strlen(i->valuestring));
}

static char *owned(char *printed)
{
    if (!printed)
        abort();
    return printed; // cJSON uses malloc, which is what mem_free() frees
}

char *json_print(const struct json *node)
{
    return owned(cJSON_PrintUnformatted(look(node)));
}

static void pretty(const struct json *node, int indent, struct str *out)
{
    enum json_type type = json_type(node);
    if ((type != JSON_OBJECT && type != JSON_ARRAY) || !json_first(node)) {
        AUTO_FREE char *text = json_print(node);
        str_add(out, text);
        return;
    }
    str_add(out, type == JSON_OBJECT ? "{\n" : "[\n");
    for (const struct json *c = json_first(node); c; c = json_next(c)) {
        str_addf(out, "%*s", indent + 2, "");
        if (type == JSON_OBJECT) {
            struct json *name = json_string(json_key(c));
            AUTO_FREE char *quoted = json_print(name);
            json_free(name);
            str_addf(out, "%s: ", quoted);
        }
        pretty(c, indent + 2, out);
        str_add(out, json_next(c) ? ",\n" : "\n");
    }
    str_addf(out, "%*s%c", indent, "", type == JSON_OBJECT ? '}' : ']');
}

char *json_print_pretty(const struct json *node)
{
    struct str out;
    str_init(&out, STR_BODY);
    pretty(node, 0, &out);
    str_addc(&out, '\n');
    return str_take(&out);
}
