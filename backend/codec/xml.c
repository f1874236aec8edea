// SPDX-License-Identifier: MIT
#include "backend/codec/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

struct xml {
    xmlDoc *doc;
};

// Trims the one text child of a leaf in place, so that xml_str() can lend it.
static void tidy(xmlNode *node)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            tidy(node->children);
            continue;
        }
        if (!node->content)
            continue;
        char *text = (char *)node->content;
        size_t from = strspn(text, " \t\r\n");
        size_t length = strlen(text);
        while (length > from && strchr(" \t\r\n", text[length - 1]))
            length--;
        memmove(text, text + from, length - from);
        text[length - from] = '\0';
    }
}

// An answer may hold keys (AssumeRole): what the library frees is wiped, as everywhere here.
static void *library_malloc(size_t size)
{
    return mem_alloc(size);
}

static void *library_realloc(void *old, size_t size)
{
    return mem_realloc(old, size, 1);
}

static char *library_strdup(const char *text)
{
    return mem_strdup(text);
}

static void library_begin(void)
{
    xmlMemSetup(mem_free, library_malloc, library_realloc, library_strdup);
    xmlInitParser(); // its tables are not made thread-safely otherwise
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

struct xml *xml_parse(const char *text, size_t length, struct err *err)
{
    pthread_once(&library_once, library_begin);
    // NOENT, DTDLOAD and HUGE stay off: entities are not expanded, nothing is loaded, depth and
    // size stay bounded.
    xmlParserCtxt *ctx = length < 0x7FFFFFFF ? xmlNewParserCtxt() : NULL;
    xmlDoc *doc = ctx ? xmlCtxtReadMemory(ctx, text, (int)length, NULL, NULL,
                                          XML_PARSE_NONET | XML_PARSE_NOERROR |
                                              XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)
                      : NULL;
    xmlFreeParserCtxt(ctx);
    if (doc && doc->intSubset) {
        xmlFreeDoc(doc);
        err_set(err, ERR_REMOTE, "the answer carries a DTD, which AWS never sends");
        return NULL;
    }
    if (!doc || !xmlDocGetRootElement(doc)) {
        xmlFreeDoc(doc);
        err_set(err, ERR_REMOTE, "the answer is not XML");
        return NULL;
    }
    tidy(doc->children);
    struct xml *x = mem_calloc(1, sizeof *x);
    x->doc = doc;
    return x;
}

void xml_free(struct xml *document)
{
    if (!document)
        return;
    xmlFreeDoc(document->doc);
    mem_free(document);
}

void xml_auto_free(struct xml **document)
{
    xml_free(*document);
}

static const xmlNode *look(const struct xml_node *node)
{
    return (const xmlNode *)node;
}

const struct xml_node *xml_root(const struct xml *document)
{
    return document ? (const struct xml_node *)xmlDocGetRootElement(document->doc) : NULL;
}

const char *xml_name(const struct xml_node *node)
{
    return node ? (const char *)look(node)->name : NULL;
}

static const xmlNode *named(const xmlNode *from, const char *name, size_t length)
{
    for (; from; from = from->next)
        if (from->type == XML_ELEMENT_NODE && strlen((const char *)from->name) == length &&
            memcmp(from->name, name, length) == 0)
            return from;
    return NULL;
}

// Depth first over all siblings of a name: the first "set" may be empty while a later one holds the
// item.
static const xmlNode *descend(const xmlNode *node, const char *path)
{
    if (!*path)
        return node;
    size_t n = strcspn(path, "/");
    const char *rest = path[n] ? path + n + 1 : path + n;
    for (const xmlNode *c = named(node->children, path, n); c; c = named(c->next, path, n)) {
        const xmlNode *found = descend(c, rest);
        if (found)
            return found;
    }
    return NULL;
}

const struct xml_node *xml_find(const struct xml_node *node, const char *path)
{
    return node ? (const struct xml_node *)descend(look(node), path) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    if (!node)
        return NULL;
    const char *name = xml_name(node);
    return (const struct xml_node *)named(look(node)->next, name, strlen(name));
}

size_t xml_count(const struct xml_node *node, const char *path)
{
    size_t n = 0;
    for (const struct xml_node *c = xml_find(node, path); c; c = xml_next(c))
        n++;
    return n;
}

const char *xml_str(const struct xml_node *node, const char *path)
{
    const struct xml_node *found = xml_find(node, path);
    if (!found)
        return NULL;
    for (const xmlNode *c = look(found)->children; c; c = c->next)
        if (c->content && (c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE))
            return (const char *)c->content;
    return "";
}

const char *xml_str_or(const struct xml_node *node, const char *path, const char *fallback)
{
    const char *text = xml_str(node, path);
    return str_empty(text) ? fallback : text;
}

long xml_long(const struct xml_node *node, const char *path, long fallback)
{
    const char *text = xml_str(node, path);
    char *end = NULL;
    long v = str_empty(text) ? fallback : strtol(text, &end, 10);
    return end && *end ? fallback : v;
}

bool xml_is(const struct xml_node *node, const char *path, const char *value)
{
    return str_eq(xml_str(node, path), value);
}
