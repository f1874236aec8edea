// SPDX-License-Identifier: MIT
// --as github-actions: a workflow that deploys each new commit with forest-setup itself, as a role
// that GitHub's OpenID tokens may take, from one repository and branch only. Secrets stay where
// they are on AWS; the pipeline's answer file says "stored".
#include <ctype.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/formats.h"
#include "backend/export/made.h"
#include "backend/export/yaml.h"
#include "backend/setup/config.h"
#include "backend/steps/rights_table.h"

#define CHECKOUT    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
#define CREDENTIALS "aws-actions/configure-aws-credentials@ececac1a45f3b08a01d2dd070d28d111c5fe6722"
#define ISSUER      "token.actions.githubusercontent.com"
#define UNKNOWN     "OWNER/REPOSITORY"

static const struct yaml_note notes[] = {{CHECKOUT, "v4.2.2"}, {CREDENTIALS, "v4.1.0"}};

struct maker {
    const struct export_input *in;
    struct export_files *files;
    char *room;       // "forest-setup-my-admin", the folder of everything but the workflow
    char *repository; // "acme/admin"
    char *branch;
    char *role;   // its name
    char *source; // of the backend in the repository, NULL: built in
};

static void add(struct maker *m, const char *file, char *text)
{
    AUTO_FREE char *path = mem_printf("%s/%s", m->room, file);
    export_files_add(m->files, path, text);
}

// ---- which repository

static bool is_repository(const char *text)
{
    size_t slashes = 0;
    for (const char *p = text; *p; p++) {
        slashes += *p == '/';
        if (!isalnum((unsigned char)*p) && !strchr("._-/", *p))
            return false;
    }
    return slashes == 1 && text[0] != '/' && !str_ends(text, "/");
}

// "https://github.com/acme/admin.git", "git@github.com:acme/admin" -> "acme/admin". Other places
// run no GitHub workflows: the files then say what to fill in.
static char *repository_of(const char *url)
{
    static const char *const hosts[] = {"https://github.com/", "ssh://git@github.com/",
                                        "git@github.com:"};
    size_t i = 0;
    while (i < ARRAY_LEN(hosts) && !(url && str_starts(url, hosts[i])))
        i++;
    if (i == ARRAY_LEN(hosts))
        return mem_strdup(UNKNOWN);
    AUTO_FREE char *path = mem_strdup(url + strlen(hosts[i]));
    size_t n = strlen(path);
    if (n && path[n - 1] == '/')
        path[--n] = '\0';
    if (str_ends(path, ".git"))
        path[n - 4] = '\0';
    return is_repository(path) ? mem_steal(path) : mem_strdup(UNKNOWN);
}

static bool is_commit(const char *ref)
{
    return strlen(ref) == 40 && strspn(ref, "0123456789abcdef") == 40;
}

static void find_source(struct maker *m)
{
    const struct answers *a = m->in->answers;
    bool git = a->backend.source == SOURCE_GIT;
    m->repository = repository_of(git ? a->backend.git_url : NULL);
    bool branch = git && a->backend.git_ref && !is_commit(a->backend.git_ref);
    m->branch = mem_strdup(branch ? a->backend.git_ref : "main");
    if (git)
        m->source = mem_strdup(a->backend.git_folder ? a->backend.git_folder : ".");
    else if (a->backend.source == SOURCE_FOLDER)
        m->source = export_relative(a->backend.folder, m->in->base_dir);
    if (m->source && str_starts(m->source, "./"))
        memmove(m->source, m->source + 2, strlen(m->source) - 1);
}

// ---- the answers

static void stored(struct secret_answer *answer)
{
    answer->from = SECRET_STORED;
    str_replace(&answer->where, NULL);
}

static void add_answers(struct maker *m)
{
    struct answers a = {0};
    answers_copy(&a, m->in->answers);
    a.ask = 0;
    str_replace(&a.aws.profile, NULL);
    str_replace(&a.aws.account, m->in->account);
    str_replace(&a.aws.region, m->in->region);
    stored(&a.forest.env_secret);
    stored(&a.forest.auth_secret);
    stored(&a.database.url);
    if (m->source) {
        a.backend.source = SOURCE_FOLDER;
        mem_free(a.backend.folder);
        a.backend.folder =
            str_eq(m->source, ".") ? mem_strdup("..") : mem_printf("../%s", m->source);
    }
    AUTO_FREE char *path = mem_printf("%s/setup.json", m->room);
    export_add_answers(m->files, path, config_write(&a));
    answers_clear(&a);
}

// ---- the workflow

static struct json *step(struct json *steps, const char *name)
{
    return json_push(steps, json_strings("name", name, NULL));
}

static void add_checkout(struct json *steps, const char *name, const char *repository,
                         const char *ref, const char *path)
{
    struct json *s = step(steps, name);
    json_put_str(s, "uses", CHECKOUT);
    struct json *with = json_put(s, "with", json_object());
    json_put_str(with, "repository", repository);
    json_put_str(with, "ref", ref);
    json_put_str(with, "path", path);
    json_put_bool(with, "persist-credentials", false);
}

static void add_check(struct json *steps)
{
    struct json *s = step(steps, "Which forest-setup");
    struct json *env = json_put(s, "env", json_object());
    json_put_str(env, "REPOSITORY", "${{ vars.FOREST_SETUP_REPOSITORY }}");
    json_put_str(env, "COMMIT", "${{ vars.FOREST_SETUP_COMMIT }}");
    json_put_str(
        s, "run",
        "if ! printf '%s' \"$REPOSITORY\" | grep -Eqx '[A-Za-z0-9._-]+/[A-Za-z0-9._-]+'; then\n"
        "  echo '::error::Set the variable FOREST_SETUP_REPOSITORY to the repository of "
        "forest-setup, OWNER/NAME.'\n"
        "  exit 1\n"
        "fi\n"
        "if ! printf '%s' \"$COMMIT\" | grep -Eqx '[0-9a-f]{40}'; then\n"
        "  echo '::error::Set the variable FOREST_SETUP_COMMIT to the commit of forest-setup to "
        "use, 40 digits.'\n"
        "  exit 1\n"
        "fi\n");
}

static void add_build(struct json *steps)
{
    struct json *s = step(steps, "Build forest-setup");
    json_put_str(s, "working-directory", "forest-setup");
    json_put_str(s, "run",
                 "sh assets/packages.sh build\n"
                 "cmake --preset release\n"
                 "ninja -C build\n");
}

static void add_sign_in(const struct maker *m, struct json *steps)
{
    struct json *s = step(steps, "Sign in to AWS");
    json_put_str(s, "uses", CREDENTIALS);
    struct json *with = json_put(s, "with", json_object());
    AUTO_FREE char *arn =
        mem_printf("arn:%s:iam::%s:role/%s", m->in->partition, m->in->account, m->role);
    json_put_str(with, "role-to-assume", arn);
    json_put_str(with, "role-session-name", m->room);
    json_put_str(with, "aws-region", m->in->region);
}

static void add_deploy(const struct maker *m, struct json *steps)
{
    struct json *s = step(steps, "Deploy");
    AUTO_FREE char *run =
        mem_printf("url=$(forest-setup/build/forest-setup apply -c backend/%s/setup.json)\n"
                   "echo \"$url\" >> \"$GITHUB_STEP_SUMMARY\"\n",
                   m->room);
    json_put_str(s, "run", run);
}

static struct json *triggers(const struct maker *m)
{
    struct json *on = json_object();
    struct json *push = json_put(on, "push", json_object());
    json_push_str(json_put(push, "branches", json_array()), m->branch);
    struct json *paths = json_array();
    AUTO_FREE char *own = mem_printf("%s/setup.json", m->room);
    AUTO_FREE char *code =
        m->source && !str_eq(m->source, ".") ? mem_printf("%s/**", m->source) : NULL;
    if (code)
        json_push_str(paths, code);
    json_push_str(paths, own);
    if (code || !m->source) // a backend at the top: every commit may change it
        json_put(push, "paths", paths);
    else
        json_free(paths);
    json_put(on, "workflow_dispatch", json_object());
    return on;
}

static struct json *job(const struct maker *m)
{
    struct json *j = json_strings("runs-on", "ubuntu-24.04", NULL);
    json_put_int(j, "timeout-minutes", 60);
    json_put(j, "permissions", json_strings("contents", "read", "id-token", "write", NULL));
    struct json *steps = json_put(j, "steps", json_array());
    add_check(steps);
    add_checkout(steps, "The backend", NULL, NULL, "backend");
    add_checkout(steps, "The source of forest-setup", "${{ vars.FOREST_SETUP_REPOSITORY }}",
                 "${{ vars.FOREST_SETUP_COMMIT }}", "forest-setup");
    add_build(steps);
    add_sign_in(m, steps);
    add_deploy(m, steps);
    return j;
}

static void add_workflow(struct maker *m)
{
    const char *name = m->in->answers->name;
    AUTO_FREE char *title = mem_printf("Deploy %s", name);
    JSON_AUTO *w = json_strings("name", title, NULL);
    json_put(w, "on", triggers(m));
    json_put(w, "permissions", json_object()); // none but what the job asks for
    struct json *one = json_put(w, "concurrency", json_strings("group", m->room, NULL));
    json_put_bool(one, "cancel-in-progress", false);
    json_put(json_put(w, "jobs", json_object()), "deploy", job(m));
    AUTO_FREE char *head = made_by(name, "github-actions", "# ");
    AUTO_FREE char *path = mem_printf(".github/workflows/%s.yml", m->room);
    export_files_add(m->files, path, yaml_print(w, head, notes, ARRAY_LEN(notes)));
}

// ---- the role

static void add_trust(struct maker *m)
{
    JSON_AUTO *document = json_strings("Version", "2012-10-17", NULL);
    struct json *s = json_push(json_put(document, "Statement", json_array()),
                               json_strings("Effect", "Allow", NULL));
    AUTO_FREE char *provider =
        mem_printf("arn:%s:iam::%s:oidc-provider/" ISSUER, m->in->partition, m->in->account);
    AUTO_FREE char *subject = mem_printf("repo:%s:ref:refs/heads/%s", m->repository, m->branch);
    json_put(s, "Principal", json_strings("Federated", provider, NULL));
    json_put_str(s, "Action", "sts:AssumeRoleWithWebIdentity");
    json_put(json_put(s, "Condition", json_object()), "StringEquals",
             json_strings(ISSUER ":aud", "sts.amazonaws.com", ISSUER ":sub", subject, NULL));
    add(m, "role-trust.json", json_print_pretty(document));
}

static size_t add_rights(struct maker *m)
{
    struct rights_for who = {.answers = m->in->answers,
                             .names = &m->in->names,
                             .partition = m->in->partition,
                             .account = m->in->account,
                             .region = m->in->region,
                             .deploys_only = true};
    JSON_AUTO *documents = rights_documents(&who);
    size_t n = 0;
    for (const struct json *d = json_first(documents); d; d = json_next(d)) {
        AUTO_FREE char *file = mem_printf("role-policy-%zu.json", ++n);
        add(m, file, json_print_pretty(d));
    }
    return n;
}

static void readme_role(const struct maker *m, struct str *s, size_t policies)
{
    const char *boundary = m->in->answers->options.permissions_boundary;
    AUTO_FREE char *quoted = boundary ? made_shell(boundary) : NULL;
    str_addf(s,
             "2. The role, by an administrator of account %s, in this folder. The first command "
             "once for an account; it fails when GitHub is known there already.\n\n"
             "       aws iam create-open-id-connect-provider --url https://" ISSUER
             " --client-id-list sts.amazonaws.com\n"
             "       aws iam create-role --role-name %s --assume-role-policy-document "
             "file://role-trust.json%s%s\n",
             m->in->account, m->role, quoted ? " --permissions-boundary " : "",
             quoted ? quoted : "");
    for (size_t i = 1; i <= policies; i++)
        str_addf(s,
                 "       aws iam create-policy --policy-name %s-%zu --policy-document "
                 "file://role-policy-%zu.json\n"
                 "       aws iam attach-role-policy --role-name %s --policy-arn "
                 "arn:%s:iam::%s:policy/%s-%zu\n",
                 m->role, i, i, m->role, m->in->partition, m->in->account, m->role, i);
}

static void add_readme(struct maker *m, size_t policies)
{
    const char *name = m->in->answers->name;
    AUTO_FREE char *head = made_by(name, "github-actions", "");
    STR_AUTO s = {0};
    str_init(&s, STR_FILE);
    str_addf(&s, "# Deploying %s from GitHub\n\n%s\n", name, head);
    str_addf(&s,
             "`.github/workflows/%s.yml` deploys each new commit of `%s`, branch `%s`. It signs in "
             "to AWS by GitHub's OpenID token: no key is stored. The secrets stay in AWS Secrets "
             "Manager; the pipeline knows none. The first setup is made by hand, the pipeline then "
             "changes what differs, deletes nothing else and writes nothing in IAM.\n\n",
             m->room, m->repository, m->branch);
    if (str_eq(m->repository, UNKNOWN))
        str_addf(&s, "**To fill in**: write your repository instead of `" UNKNOWN
                     "` into `role-trust.json`. Until then nobody can take the role.\n\n");
    str_add(&s, "1. These files, in the repository, with `.github` at its top.\n");
    readme_role(m, &s, policies);
    str_add(&s, "3. Two variables of the repository (Settings > Secrets and variables > Actions > "
                "Variables): `FOREST_SETUP_REPOSITORY`, where forest-setup's source is "
                "(OWNER/NAME), and `FOREST_SETUP_COMMIT`, the commit to build (40 digits). Nothing "
                "newer runs until you change it.\n");
    add(m, "README.md", str_take(&s));
}

bool export_make_workflow(const struct export_input *in, struct export_files *out, struct err *err)
{
    if (!export_need_names(in, "github-actions", err))
        return false;
    struct maker m = {.in = in, .files = out};
    m.room = mem_printf("forest-setup-%s", in->answers->name);
    m.role = mem_printf("%s-github-%s", in->names.base, in->region);
    find_source(&m);
    add_answers(&m);
    add_workflow(&m);
    add_trust(&m);
    add_readme(&m, add_rights(&m));
    char *all[] = {m.room, m.repository, m.branch, m.role, m.source};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    return true;
}
