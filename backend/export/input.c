// SPDX-License-Identifier: MIT
// What the formats work on: the answers, and what the journal knows to exist.
#include "backend/aws/endpoint.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/export.h"

static const char *first_of(const char *a, const char *b, const char *c)
{
    return !str_empty(a) ? a : !str_empty(b) ? b : !str_empty(c) ? c : NULL;
}

static void load_facts(struct export_input *in)
{
    for (size_t i = 0; in->journal && i < journal_step_count(in->journal); i++) {
        const struct journal_step *s = journal_step_at(in->journal, i);
        if (s->made && s->facts)
            facts_load_step(in->facts, s->id, s->facts);
    }
}

void export_input_init(struct export_input *out, const struct answers *answers,
                       const struct journal *journal, const char *account, const char *region)
{
    *out = (struct export_input){.answers = answers, .journal = journal, .facts = facts_new()};
    str_replace(&out->account,
                first_of(journal ? journal_account(journal) : NULL, answers->aws.account, account));
    str_replace(&out->region,
                first_of(journal ? journal_region(journal) : NULL, answers->aws.region, region));
    if (out->region)
        out->partition = aws_partition(out->region);
    out->named = answers->name && out->account && out->region;
    if (out->named)
        names_init(&out->names, answers->name, out->account, out->region);
    load_facts(out);
}

void export_input_clear(struct export_input *in)
{
    names_clear(&in->names);
    facts_free(in->facts);
    mem_free(in->account);
    mem_free(in->region);
    *in = (struct export_input){0};
}

bool export_made(const struct export_input *in, const char *step)
{
    const struct journal_step *s = in->journal ? journal_step(in->journal, step) : NULL;
    return s && s->made;
}

bool export_need_names(const struct export_input *in, const char *format, struct err *err)
{
    if (in->named)
        return true;
    err_set(err, ERR_INPUT, "the %s form needs the %s of the setup, which is not known yet", format,
            !in->answers->name ? "name"
            : !in->region      ? "region"
                               : "account");
    return err_remedy(err, "Put \"account\" and \"region\" into \"aws\" of the answers, or begin "
                           "the setup.");
}
