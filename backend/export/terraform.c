// SPDX-License-Identifier: MIT
// The stack as a module for Terraform and OpenTofu: resources from the recorded requests, variables
// for what comes from outside, import blocks for what exists.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/export/formats.h"
#include "backend/export/terraform_private.h"
#include "backend/steps/common.h"

// ---- references: marks, and texts that are better told by a name

static void add_reference(struct module *m, char *text, const char *code)
{
    m->references = mem_realloc(m->references, m->reference_count + 1, sizeof *m->references);
    m->references[m->reference_count++] = (struct hcl_reference){text, code};
}

static void fill_references(struct module *m)
{
    size_t count = 0;
    const struct reference *all = export_references(&count);
    for (size_t i = 0; i < count; i++)
        add_reference(m, record_reference(all[i].key), all[i].tf);
    const struct export_input *in = m->in;
    add_reference(m, mem_strdup(in->names.base), "local.name");
    add_reference(m, mem_strdup(in->account), "var.account_id");
    add_reference(m, mem_strdup(in->region), "var.region");
    if (in->answers->database.ingress_security_group)
        add_reference(m, mem_strdup(in->answers->database.ingress_security_group),
                      "var.database_security_group_id");
    else if (facts_get(in->facts, "database.group"))
        add_reference(m, mem_strdup(facts_get(in->facts, "database.group")),
                      "var.database_security_group_id");
}

static struct hcl *file_of(struct module *m, const char *path)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (str_eq(m->files[i].path, path))
            return &m->files[i].hcl;
    struct module_file *f = &m->files[m->file_count++];
    f->path = path;
    m->shared = (struct hcl_references){m->references, m->reference_count};
    hcl_init(&f->hcl, &m->shared);
    return &f->hcl;
}

struct hcl *module_file(struct module *m, const char *path)
{
    return file_of(m, path);
}

// ---- one attribute

static bool yes(const struct json *v, const char *word)
{
    const char *text = json_text(v);
    return text ? str_eq(text, word) : json_bool(v, "", false);
}

static void put_number(struct hcl *h, const char *name, const struct json *v)
{
    const char *text = json_text(v);
    AUTO_FREE char *printed = text ? NULL : json_print(v);
    hcl_code(h, name, text ? text : printed);
}

// The tags that every resource has are local.tags.
static void put_tags(struct module *m, struct hcl *h, const struct json *tags)
{
    JSON_AUTO *map = export_tags(tags);
    JSON_AUTO *own = json_object();
    for (const struct json *t = json_first(map); t; t = json_next(t))
        if (!str_eq(json_text(json_get(m->common_tags, json_key(t))), json_text(t)))
            json_put_str(own, json_key(t), json_text(t));
    hcl_call(h, "tags", "merge", "local.tags", own);
}

static void put_document(struct hcl *h, const char *name, const struct json *v)
{
    const char *text = json_text(v);
    JSON_AUTO *parsed = text ? json_parse(text, strlen(text), NULL, NULL) : json_copy(v);
    hcl_document(h, name, parsed);
}

// A list whose only member stands for a whole list is that one.
static void put_tree(struct hcl *h, const char *name, const struct json *v)
{
    const char *only = json_count(v) == 1 ? json_text(json_first(v)) : NULL;
    AUTO_FREE char *code = only ? hcl_quote(h->references, only) : NULL;
    if (code && str_starts(code, "var.") && str_ends(code, "_ids"))
        hcl_code(h, name, code);
    else
        hcl_value(h, name, v);
}

static void put_attribute(struct module *m, struct hcl *h, const struct attribute *a,
                          const char *name, const struct json *v)
{
    AUTO_FREE char *reference = a->ref ? record_reference(a->ref) : NULL;
    switch (a->kind) {
    case AS_TEXT: hcl_text(h, name, json_text(v)); break;
    case AS_NUMBER: put_number(h, name, v); break;
    case AS_FLAG: hcl_code(h, name, yes(v, "true") ? "true" : "false"); break;
    case AS_SWITCH: hcl_code(h, name, yes(v, "ENABLED") ? "true" : "false"); break;
    case AS_INTERNAL: hcl_code(h, name, yes(v, "internal") ? "true" : "false"); break;
    case AS_VALUE: put_tree(h, name, v); break;
    case AS_DOCUMENT: put_document(h, name, v); break;
    case AS_KNOWN: hcl_text(h, name, reference); break;
    case AS_TAGS:
    case AS_TAGS_MAP: put_tags(m, h, v); break;
    case AS_NOTHING: break;
    }
}

// ---- one resource

// Goes from the open blocks to those of `path` ("a.b.name" -> blocks a, b).
static const char *enter(struct hcl *h, char **open, const char *path)
{
    const char *last = strrchr(path, '.');
    AUTO_FREE char *wanted = last ? mem_strndup(path, (size_t)(last - path)) : mem_strdup("");
    while (**open && !(str_starts(wanted, *open) &&
                       (wanted[strlen(*open)] == '.' || wanted[strlen(*open)] == '\0'))) {
        hcl_end(h);
        char *dot = strrchr(*open, '.');
        if (dot)
            *dot = '\0';
        else
            **open = '\0';
    }
    while (!str_eq(*open, wanted)) {
        const char *rest = wanted + strlen(*open) + (**open ? 1 : 0);
        AUTO_FREE char *block = mem_strndup(rest, strcspn(rest, "."));
        hcl_empty(h);
        hcl_begin(h, block, NULL, NULL);
        char *longer = **open ? mem_printf("%s.%s", *open, block) : mem_strdup(block);
        mem_free(*open);
        *open = longer;
    }
    return last ? last + 1 : path;
}

static void put_attributes(struct module *m, struct hcl *h, const struct resource *r,
                           const struct json *request)
{
    AUTO_FREE char *open = mem_strdup("");
    for (size_t i = 0; i < r->count; i++) {
        const struct attribute *a = &r->attributes[i];
        const struct json *v = resource_member(request, a->from);
        if (!a->tf || !v || a->kind == AS_NOTHING)
            continue;
        bool tags = a->kind == AS_TAGS || a->kind == AS_TAGS_MAP;
        bool inside = *open != '\0';
        const char *name = enter(h, &open, a->tf);
        if (tags || (inside && !*open))
            hcl_empty(h);
        put_attribute(m, h, a, name, v);
    }
    (void)enter(h, &open, "x");
}

static void put_lifecycle(struct module *m, struct hcl *h, const struct resource *r)
{
    bool scaled = str_eq(r->step, "service") && m->in->answers->options.autoscaling;
    if (!r->ignore && !scaled)
        return;
    AUTO_FREE char *list = mem_printf("[%s%s%s]", scaled ? "desired_count" : "",
                                      scaled && r->ignore ? ", " : "", r->ignore ? r->ignore : "");
    hcl_empty(h);
    hcl_begin(h, "lifecycle", NULL, NULL);
    if (scaled)
        hcl_comment(h, "desired_count: the scaling policy decides it");
    if (r->ignore)
        hcl_comment(h, r->ignore_why);
    hcl_code(h, "ignore_changes", list);
    hcl_end(h);
}

static void put_comments(struct hcl *h, const char *lines)
{
    for (const char *p = lines; p && *p;) {
        size_t n = strcspn(p, "|");
        AUTO_FREE char *line = mem_strndup(p, n);
        hcl_comment(h, line);
        p += p[n] ? n + 1 : n;
    }
}

static bool is_there(const struct module *m, const char *address)
{
    size_t count = 0;
    const struct resource *const *rows = export_resources(&count);
    for (size_t i = 0; i < count; i++) {
        const struct resource *r = rows[i];
        AUTO_FREE char *own = mem_printf("%s.%s", r->type ? r->type : "", r->label ? r->label : "");
        if (str_eq(own, address))
            return record_request(&m->record, r->step, r->part, r->action) != NULL;
    }
    return false;
}

static void put_depends(const struct module *m, struct hcl *h, const struct resource *r)
{
    struct str list;
    str_init(&list, STR_LINE);
    for (const char *p = r->depends; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *address = mem_strndup(p, n);
        if (is_there(m, address))
            str_addf(&list, "%s%s", list.len ? "," : "", address);
        p += p[n] ? n + 1 : n;
    }
    if (list.len) {
        hcl_empty(h);
        hcl_addresses(h, "depends_on", list.data);
    }
    str_clear(&list);
}

static bool put_resource(struct module *m, const struct resource *r, struct err *err)
{
    JSON_AUTO *request = resource_request(r, &m->record);
    if (!request)
        return true;
    if (!resource_check(r, request, err))
        return false;
    if (!r->type)
        return true;
    struct hcl *h = file_of(m, r->file);
    hcl_empty(h);
    put_comments(h, r->note);
    hcl_begin(h, "resource", r->type, r->label);
    for (size_t i = 0; r->skips && r->skips[i]; i += 2) {
        if (export_skip_is_moot(m->in, r->skips[i + 1]))
            continue;
        AUTO_FREE char *skip = mem_printf("checkov:skip=%s: %s", r->skips[i], r->skips[i + 1]);
        hcl_comment(h, skip);
    }
    put_attributes(m, h, r, request);
    put_depends(m, h, r);
    put_lifecycle(m, h, r);
    hcl_end(h);
    module_import(m, r);
    return true;
}

static void clear(struct module *m)
{
    for (size_t i = 0; i < m->file_count; i++)
        mem_free(hcl_take(&m->files[i].hcl));
    for (size_t i = 0; i < m->reference_count; i++)
        mem_free((char *)(uintptr_t)m->references[i].text);
    mem_free(m->references);
    json_free(m->common_tags);
    record_clear(&m->record);
}

bool export_make_terraform(const struct export_input *in, struct export_files *out, struct err *err)
{
    struct module m = {.in = in, .common_tags = json_object()};
    if (!record_stack(in, &m.record, err)) {
        clear(&m);
        return false;
    }
    json_put_str(m.common_tags, TAG_STACK, in->names.stack);
    json_put_str(m.common_tags, TAG_SETUP, in->answers->name);
    for (size_t i = 0; i < in->answers->options.tag_count; i++)
        json_put_str(m.common_tags, in->answers->options.tags[i].key,
                     in->answers->options.tags[i].value);
    fill_references(&m);
    module_frame(&m);
    size_t count = 0;
    const struct resource *const *rows = export_resources(&count);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = put_resource(&m, rows[i], err);
    if (ok)
        module_rest(&m);
    for (size_t i = 0; i < m.file_count && ok; i++) {
        AUTO_FREE char *path = mem_printf("terraform/%s", m.files[i].path);
        export_files_add(out, path, hcl_take(&m.files[i].hcl));
    }
    clear(&m);
    return ok;
}
