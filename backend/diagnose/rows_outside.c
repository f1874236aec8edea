// SPDX-License-Identifier: MIT
// What is seen from outside: the answers that are API Gateway's or the load balancer's and not the
// backend's, and what a browser or Forest complains of (facts aws.md 5, forest.md 4). The words are
// those of backend/forest.
#include "backend/base/mem.h"
#include "backend/diagnose/table.h"

static const struct diagnose_row rows[] = {
    // ---- API Gateway
    {.id = "gateway-unavailable",
     .word = "gateway-unavailable",
     .from = FROM_GATEWAY,
     .says = {"\"Service Unavailable\""},
     .rank = RANK_OUTSIDE,
     .cause = "API Gateway gets no answer from the backend.",
     .remedy =
         "Look at the VPC link's status, at the rule from the link's group to port 80 of the load "
         "balancer, and at the health of the target: forest-setup status {setup|NAME}"},
    {.id = "gateway-timeout",
     .word = "gateway-timeout",
     .from = FROM_GATEWAY,
     .says = {"Endpoint request timed out"},
     .rank = RANK_OUTSIDE,
     .cause = "The backend needs longer than the 30 seconds that API Gateway waits.",
     .remedy = "Look at the load of the task and of the database: forest-setup logs {setup|NAME}",
     .fix = "backend"},
    {.id = "gateway-not-found",
     .word = "gateway-not-found",
     .from = FROM_GATEWAY,
     .says = {"{\"message\":\"Not Found\"}"},
     .rank = RANK_OUTSIDE,
     .cause = "API Gateway has no route for this address.",
     .remedy = "Route $default or stage $default is missing: run apply again."},
    {.id = "gateway-error",
     .word = "gateway-error",
     .from = FROM_GATEWAY,
     .says = {"\"Internal Server Error\""},
     .rank = RANK_OUTSIDE,
     .cause = "API Gateway's integration points to a listener that is gone, or is set up wrongly.",
     .remedy = "Make the integration again: run apply again."},
    {.id = "gateway-login",
     .word = "gateway-login",
     .from = FROM_GATEWAY,
     .says = {"{\"message\":\"Unauthorized\"}|{\"message\":\"Forbidden\"}|Missing Authentication "
              "Token"},
     .rank = RANK_OUTSIDE,
     .cause = "API Gateway asks for a login of its own before the backend is reached.",
     .remedy = "Remove the authorizer from route $default: Forest brings its own login.",
     .certain = true},
    {.id = "gateway-throttled",
     .word = "gateway-throttled",
     .from = FROM_GATEWAY,
     .says = {"{\"message\":\"Too Many Requests\"}"},
     .rank = RANK_OUTSIDE,
     .cause = "API Gateway limits the number of requests.",
     .remedy = "Wait a minute; raise the throttling of stage $default if it stays so."},

    // ---- the load balancer
    {.id = "gateway-balancer-502",
     .word = "gateway-balancer-502",
     .from = FROM_GATEWAY,
     .says = {"502 Bad Gateway"},
     .rank = RANK_OUTSIDE,
     .cause = "The backend closed the connection while the load balancer was using it.",
     .remedy =
         "If this comes now and then: set server.keepAliveTimeout=65000 and headersTimeout=66000 "
         "in "
         "the backend. If it stays: the process is crashing, read forest-setup logs {setup|NAME}",
     .fix = "backend"},
    {.id = "gateway-balancer-503",
     .word = "gateway-balancer-503",
     .from = FROM_GATEWAY,
     .says = {"503 Service Temporarily Unavailable"},
     .rank = RANK_OUTSIDE,
     .cause = "The load balancer has no task to send requests to.",
     .remedy = "Look whether a task is running: forest-setup status {setup|NAME}"},
    {.id = "gateway-balancer-504",
     .word = "gateway-balancer-504",
     .from = FROM_GATEWAY,
     .says = {"504 Gateway Time-out"},
     .rank = RANK_OUTSIDE,
     .cause = "The backend does not answer the load balancer in time.",
     .remedy =
         "Let {task_group|the task's security group} accept port {port|of the task} from the load "
         "balancer's group; look at the load of the task: forest-setup logs {setup|NAME}",
     .fix = "backend"},

    // ---- the browser
    {.id = "cors-missing",
     .word = "cors-missing",
     .from = FROM_GATEWAY,
     .says = {"CORS"},
     .rank = RANK_OUTSIDE,
     .cause = "A browser on app.forestadmin.com may not call the backend.",
     .remedy =
         "Turn off CORS on the API Gateway, and mount the agent before any other middleware; the "
         "agent sends its own headers.",
     .fix = "backend",
     .certain = true},
    {.id = "wall-open",
     .word = "wall-open",
     .rank = RANK_OUTSIDE,
     .cause = "The backend gives out data without a login.",
     .remedy =
         "Take it off the network: forest-setup destroy {setup|NAME}. Then look for what answers "
         "under /forest before the agent does.",
     .fix = "backend",
     .certain = true},
    {.id = "agent-missing",
     .word = "agent-missing",
     .rank = RANK_OUTSIDE,
     .cause = "Something answers at {url|the URL}, but it is no Forest agent.",
     .remedy = "Mount the agent at /forest: {url|the URL}/forest must say 'Agent is running'.",
     .fix = "backend"},
    {.id = "schema-empty",
     .word = "schema-empty",
     .rank = RANK_OUTSIDE,
     .cause = "The schema that Forest has received has no collections.",
     .remedy = "Redeploy with auto schema to refresh it.",
     .fix = "backend"},
    {.id = "schema-stale",
     .word = "schema-stale",
     .rank = RANK_OUTSIDE,
     .cause =
         "The schema that Forest has received is not the one of this database: it has {1|other} "
         "collections.",
     .remedy = "Redeploy with auto schema to refresh it.",
     .fix = "backend",
     .captures = {{1, "has ", " ", false}}},
    {.id = "redirect-mismatch",
     .word = "redirect-mismatch",
     .rank = RANK_OUTSIDE,
     .cause = "Forest still has {1|another URL} for this environment: logins end there.",
     .remedy = "In Forest, Settings > Environments, replace {1|the old URL} by {url|the URL} (no "
               "slash, no "
               "/forest) and redeploy.",
     .fix = "forest",
     .captures = {{1, "redirect-mismatch: ", " ", false}}},
    {.id = "login-failed",
     .from = FROM_GATEWAY | FROM_LOG,
     .says = {"Unable to authenticate you"},
     .rank = RANK_OUTSIDE,
     .cause = "Forest cannot log its users in at this backend.",
     .remedy =
         "In Forest > Settings > Environments set the URL to exactly {url|the URL} (no slash, no "
         "/forest), then restart the task.",
     .fix = "forest"},
    {.id = "url-not-https",
     .word = "url-not-https",
     .from = FROM_GATEWAY,
     .says = {"mixed content|http://app.forestadmin.com"},
     .rank = RANK_OUTSIDE,
     .cause = "Forest has an http:// URL for this environment.",
     .remedy = "Use the https:// URL: {url|the one of API Gateway}.",
     .fix = "forest",
     .certain = true},
    {.id = "url-private",
     .word = "url-private",
     .from = FROM_GATEWAY,
     .says = {"private network|local network access"},
     .rank = RANK_OUTSIDE,
     .cause =
         "The URL leads to a private address, which browsers do not reach from Forest's pages.",
     .remedy = "The browser must reach the URL; use the public API Gateway URL.",
     .fix = "forest",
     .certain = true},
};

const struct diagnose_section diagnose_outside = {rows, ARRAY_LEN(rows)};
