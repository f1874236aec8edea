// SPDX-License-Identifier: MIT
// --as policy: what an operator of this very plan must be allowed to do, and the hand-over, for
// companies where only an administrator may write IAM: the two roles as files, a script that makes
// them, and the operator's policies without any right to write IAM.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/formats.h"
#include "backend/export/made.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/rights_table.h"

#define HANDOVER "policy/handover/"

struct maker {
    const struct export_input *in;
    struct export_files *files;
    struct stack stack;    // as much of one as the documents need
    size_t handover_count; // policies of the operator who writes no IAM
};

static void add_json(struct maker *m, const char *path, const struct json *document)
{
    export_files_add(m->files, path, json_print_pretty(document));
}

static void add_text_as_json(struct maker *m, const char *path, const char *text)
{
    JSON_AUTO *document = json_parse(text, strlen(text), NULL, NULL);
    add_json(m, path, document);
}

static size_t add_policies(struct maker *m, const char *folder, bool handed_over)
{
    struct rights_for who = {.answers = m->in->answers,
                             .names = &m->in->names,
                             .partition = m->in->partition,
                             .account = m->in->account,
                             .region = m->in->region,
                             .handed_over = handed_over};
    JSON_AUTO *documents = rights_documents(&who);
    size_t n = 0;
    for (const struct json *d = json_first(documents); d; d = json_next(d)) {
        AUTO_FREE char *path = mem_printf("%soperator-%zu.json", folder, ++n);
        add_json(m, path, d);
    }
    return n;
}

static const struct step *find_step(const char *id)
{
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++)
        if (str_eq(steps[i]->id, id))
            return steps[i];
    return NULL;
}

// The tags the step would give, and the one that says who made it.
static struct json *tags_of(const struct step_ctx *ctx, const char *role)
{
    struct step_tags tags;
    step_tags_init(&tags, ctx, role);
    step_tags_add(&tags, TAG_OWNER, "administrator");
    return aws_tags_list(&tags.tags, "Key", "Value");
}

// "policy/handover/execution-role" and the role's name; adds its files and its line of the script.
static void add_role(struct maker *m, struct str *script, const char *id, const char *file,
                     const char *role)
{
    struct step_ctx ctx = {.step = find_step(id), .world = &m->stack};
    JSON_AUTO *tags = tags_of(&ctx, role);
    AUTO_FREE char *tags_path = mem_printf(HANDOVER "%s.tags.json", file);
    add_json(m, tags_path, tags);
    AUTO_FREE char *trust = role_trust_policy(&m->stack);
    AUTO_FREE char *trust_path = mem_printf(HANDOVER "%s.trust.json", file);
    add_text_as_json(m, trust_path, trust);
    AUTO_FREE char *description = role_description(&ctx);
    AUTO_FREE char *quoted = made_shell(description);
    str_addf(script, "role %s %s %s\n", role, file, quoted);
}

static void script_head(const struct maker *m, struct str *s)
{
    const char *name = m->in->answers->name;
    AUTO_FREE char *head = made_by(name, "policy", "# ");
    str_addf(s, "#!/bin/sh\n%s", head);
    str_addf(s,
             "#\n"
             "# For an administrator of account %s. Makes the two roles of %s, and the policies\n"
             "# for the engineer who sets it up, who then needs no right to write IAM:\n",
             m->in->account, name);
    str_add(s, "#   sh administrator.sh                  roles and policies\n"
               "#   sh administrator.sh user NAME        and attaches the policies to that user\n"
               "#   sh administrator.sh role NAME        or to that role\n"
               "# May be run again: what is there is brought to what the files say.\n"
               "set -eu\n"
               "cd \"$(dirname \"$0\")\"\n\n"
               "account=$(aws sts get-caller-identity --query Account --output text)\n");
    str_addf(s,
             "if [ \"$account\" != %s ]; then\n"
             "    echo \"this login is of account $account, the roles are for %s\" >&2\n"
             "    exit 1\n"
             "fi\n\n",
             m->in->account, m->in->account);
}

static void script_role(const struct maker *m, struct str *s)
{
    const char *given = m->in->answers->options.permissions_boundary;
    AUTO_FREE char *boundary = given ? made_shell(given) : NULL;
    str_add(s, "role() { # NAME FILE DESCRIPTION\n"
               "    if aws iam get-role --role-name \"$1\" >/dev/null 2>&1; then\n"
               "        aws iam update-assume-role-policy --role-name \"$1\" "
               "--policy-document \"file://$2.trust.json\"\n"
               "        aws iam tag-role --role-name \"$1\" --tags \"file://$2.tags.json\"\n");
    if (boundary)
        str_addf(s,
                 "        aws iam put-role-permissions-boundary --role-name \"$1\" "
                 "--permissions-boundary %s\n",
                 boundary);
    str_add(s, "    else\n"
               "        aws iam create-role --role-name \"$1\" --description \"$3\" \\\n");
    if (boundary)
        str_addf(s, "            --permissions-boundary %s \\\n", boundary);
    str_add(s, "            --assume-role-policy-document \"file://$2.trust.json\" "
               "--tags \"file://$2.tags.json\" >/dev/null\n"
               "    fi\n"
               "    echo \"role $1\"\n"
               "}\n\n");
}

static void script_linked_roles(const struct maker *m, struct str *s)
{
    str_addf(s,
             "\n# One of each for a whole account, whoever asks first.\n"
             "for service in ecs elasticloadbalancing ops.apigateway%s; do\n",
             m->in->answers->options.autoscaling ? " ecs.application-autoscaling" : "");
    str_add(s, "    aws iam create-service-linked-role --aws-service-name "
               "\"$service.amazonaws.com\" >/dev/null 2>&1 ||\n"
               "        echo \"$service: has its service-linked role already, or you may not make "
               "it\"\n"
               "done\n\n");
}

static void script_policies(const struct maker *m, struct str *s)
{
    str_addf(s,
             "number=1\n"
             "while [ \"$number\" -le %zu ]; do\n"
             "    name=%s-operator-$number\n"
             "    arn=arn:%s:iam::%s:policy/$name\n",
             m->handover_count, m->in->names.base, m->in->partition, m->in->account);
    str_add(s, "    if aws iam get-policy --policy-arn \"$arn\" >/dev/null 2>&1; then\n"
               "        aws iam create-policy-version --policy-arn \"$arn\" --set-as-default \\\n"
               "            --policy-document \"file://operator-$number.json\" >/dev/null\n"
               "    else\n"
               "        aws iam create-policy --policy-name \"$name\" \\\n"
               "            --policy-document \"file://operator-$number.json\" >/dev/null\n"
               "    fi\n"
               "    echo \"policy $name\"\n"
               "    case ${1-} in\n"
               "    user) aws iam attach-user-policy --user-name \"$2\" --policy-arn \"$arn\" ;;\n"
               "    role) aws iam attach-role-policy --role-name \"$2\" --policy-arn \"$arn\" ;;\n"
               "    esac\n"
               "    number=$((number + 1))\n"
               "done\n");
}

static void add_script(struct maker *m)
{
    const struct names *n = &m->in->names;
    STR_AUTO s = {0};
    str_init(&s, STR_FILE);
    script_head(m, &s);
    script_role(m, &s);
    add_role(m, &s, "exec-role", "execution-role", n->exec_role);
    add_role(m, &s, "task-role", "task-role", n->task_role);
    str_addf(&s,
             "aws iam put-role-policy --role-name %s --policy-name " EXEC_POLICY_NAME " \\\n"
             "    --policy-document file://execution-role.policy.json\n",
             n->exec_role);
    script_linked_roles(m, &s);
    script_policies(m, &s);
    export_files_add(m->files, HANDOVER "administrator.sh", str_take(&s));
}

static void add_readme(struct maker *m, size_t count)
{
    const char *name = m->in->answers->name;
    AUTO_FREE char *head = made_by(name, "policy", "");
    export_files_add(
        m->files, "policy/README.md",
        mem_printf(
            "# Rights for setting up %s\n\n%s\n"
            "Account %s, region %s. Two ways; choose one.\n\n"
            "1. **The engineer makes everything.** `operator-1.json`%s: what "
            "`forest-setup apply`, `resume`, `status`, `logs` and `destroy` need for this plan and "
            "no other. Create each as a managed policy and attach all of them to the engineer's "
            "user or role.\n"
            "2. **The administrator makes the roles.** `handover/`: run `sh "
            "handover/administrator.sh user NAME` (or `role NAME`) with the AWS CLI. It makes the "
            "two roles of the backend and policies for the engineer that can read and pass these "
            "two roles and write nothing in IAM. The engineer's run finds the roles by name and "
            "tag, compares trust and rights with its plan, and uses them. They stay when the setup "
            "is destroyed.\n\n"
            "After a change of the plan, export again and hand over what differs.\n",
            name, head, m->in->account, m->in->region, count > 1 ? " and those after it" : ""));
}

bool export_make_policy(const struct export_input *in, struct export_files *out, struct err *err)
{
    if (!export_need_names(in, "policy", err))
        return false;
    struct maker m = {.in = in, .files = out};
    m.stack.answers = in->answers;
    m.stack.names = in->names; // shared, not copied: `in` keeps them
    m.stack.account = in->account;
    m.stack.region = in->region;
    AUTO_FREE char *partition = mem_strdup(in->partition);
    m.stack.partition = partition;
    size_t count = add_policies(&m, "policy/", false);
    m.handover_count = add_policies(&m, HANDOVER, true);
    AUTO_FREE char *rights = exec_role_policy_by_name(&m.stack);
    add_text_as_json(&m, HANDOVER "execution-role.policy.json", rights);
    add_script(&m);
    add_readme(&m, count);
    return true;
}
