// SPDX-License-Identifier: MIT
// XML answers of the query and ec2 protocols, read only. The library behind it is libxml2, seen
// only by xml.c.
//
// Any DTD is refused, nothing is loaded from anywhere, namespaces are ignored (elements are found
// by local name). Nodes are borrowed from the document. Getters accept NULL nodes.
#ifndef FOREST_CODEC_XML_H
#define FOREST_CODEC_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct xml;      // a document
struct xml_node; // an element in it

struct xml *xml_parse(const char *text, size_t length, struct err *err); // ERR_REMOTE when not XML
void xml_free(struct xml *document);
void xml_auto_free(struct xml **document);
#define XML_AUTO __attribute__((cleanup(xml_auto_free))) struct xml

const struct xml_node *xml_root(const struct xml *document);
const char *xml_name(const struct xml_node *node); // local name, or NULL
// "a/b/c": the first element of that path below `node`; "" is the node itself.
const struct xml_node *xml_find(const struct xml_node *node, const char *path);
// The next sibling with the same name; NULL at the end. Loop: for (n = xml_find(r, "set/item"); n;
// n = xml_next(n)).
const struct xml_node *xml_next(const struct xml_node *node);
size_t xml_count(const struct xml_node *node, const char *path);

const char *xml_str(const struct xml_node *node, const char *path);
const char *xml_str_or(const struct xml_node *node, const char *path, const char *fallback);
long xml_long(const struct xml_node *node, const char *path, long fallback);
bool xml_is(const struct xml_node *node, const char *path, const char *value);

#endif
