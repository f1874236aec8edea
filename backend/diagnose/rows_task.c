// SPDX-License-Identifier: MIT
// What ECS and the load balancer say of a task (facts aws.md 5). The texts are AWS's and change:
// few words of each are asked for.
#include "backend/base/mem.h"
#include "backend/diagnose/table.h"

#define NO_ROUTE                                                                                   \
    "i/o timeout|dial tcp|context deadline|deadline exceeded|request canceled|context canceled|"   \
    "no such host|connection refused"
#define DENIED     "AccessDenied|not authorized to perform|403 Forbidden"
#define PULL       "CannotPullContainerError|CannotPullImage"
#define LOG_DRIVER "failed to validate logger args|create stream has been retried|log stream"
#define SECRETS    "unable to pull secrets|unable to retrieve secret"
#define REGISTRY   "ecr registry auth|api.ecr|ecr:GetAuthorizationToken"

static const struct diagnose_row rows[] = {
    // ---- the image
    {.id = "image-login-denied",
     .from = FROM_ECS,
     .says = {REGISTRY, DENIED},
     .rank = RANK_START,
     .cause = "The execution role {role|of the task} may not log in to the image registry.",
     .remedy = "Give role {role|of the task} the policy AmazonECSTaskExecutionRolePolicy "
               "(ecr:GetAuthorizationToken); apply does it again.",
     .certain = true},
    {.id = "image-login-no-route",
     .from = FROM_ECS,
     .says = {REGISTRY, NO_ROUTE},
     .rank = RANK_START,
     .cause = "The task cannot reach the image registry from {subnets|its subnets}.",
     .remedy =
         "{subnets|The task's subnets} need a NAT route, or endpoints ecr.api, ecr.dkr and the "
         "S3 gateway that let in port 443 from {task_group|the task's security group}.",
     .fix = "network",
     .certain = true},
    {.id = "no-route-to-ecr",
     .from = FROM_ECS,
     .says = {PULL, NO_ROUTE},
     .rank = RANK_START,
     .cause = "The task cannot fetch its image: {subnets|its subnets} have no way to ECR.",
     .remedy =
         "{subnets|The task's subnets} need a NAT route, or endpoints ecr.api, ecr.dkr and the "
         "S3 gateway in the same route table; the endpoints must let in port 443 from "
         "{task_group|the task's security group}.",
     .fix = "network",
     .certain = true},
    {.id = "image-architecture",
     .from = FROM_ECS,
     .says = {PULL, "no matching manifest for|descriptor matching platform|no match for platform"},
     .rank = RANK_START,
     .cause = "The image is not built for {1|the processor of the task} "
              "({architecture|the task's architecture}).",
     .remedy = "Build it with --platform for {architecture|the task's architecture}, or choose the "
               "other architecture.",
     .fix = "backend",
     .certain = true,
     .captures = {{1, "linux/", " '\",:", true}}},
    {.id = "image-pull-denied",
     .from = FROM_ECS,
     .says = {PULL, DENIED "|no basic auth|pull access denied"},
     .rank = RANK_START,
     .cause = "The execution role {role|of the task} may not fetch images from {repository|ECR}.",
     .remedy =
         "Give role {role|of the task} the policy AmazonECSTaskExecutionRolePolicy; apply does "
         "it again.",
     .certain = true},
    {.id = "image-rate-limited",
     .from = FROM_ECS,
     .says = {PULL, "toomanyrequests|too many requests|rate limit"},
     .rank = RANK_START,
     .cause = "The image comes from a public registry that limits how often it may be fetched.",
     .remedy = "Use the copy in ECR ({repository|the repository of this setup}).",
     .fix = "backend"},
    {.id = "image-too-large",
     .from = FROM_ECS,
     .says = {PULL, "no space left on device"},
     .rank = RANK_START,
     .cause = "The image does not fit on the disk of the task (20 GiB on Fargate).",
     .remedy = "Make the image smaller.",
     .fix = "backend",
     .certain = true},
    {.id = "image-missing",
     .from = FROM_ECS,
     .says = {PULL, "not found|manifest unknown|name unknown|does not exist"},
     .rank = RANK_START,
     .cause = "Image {digest|of the task} is not in {repository|the repository}.",
     .remedy = "Push it again: run apply again.",
     .fix = "backend",
     .certain = true},
    {.id = "image-unreadable",
     .from = FROM_ECS,
     .says = {PULL},
     .rank = RANK_START,
     .cause = "The task cannot fetch its image: {1|no reason given}.",
     .remedy = "Push it again: run apply again.",
     .fix = "backend",
     .captures = {{1, "ContainerError: ", "", false}}},

    // ---- secrets
    {.id = "secret-key-denied",
     .from = FROM_ECS,
     .says = {SECRETS, "kms:Decrypt|access to kms|KMS key|ciphertext"},
     .rank = RANK_START,
     .cause = "The execution role {role|of the task} may not decrypt secret {secret_name|of this "
              "setup}.",
     .remedy = "Allow kms:Decrypt on the key of the secret for role {role|of the task}.",
     .certain = true},
    {.id = "secret-denied",
     .from = FROM_ECS,
     .says = {SECRETS, DENIED},
     .rank = RANK_START,
     .cause =
         "The execution role {role|of the task} may not read secret {secret_name|of this setup}.",
     .remedy = "Allow secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key, for "
               "role {role|of the task}; apply does it again.",
     .certain = true},
    {.id = "secret-key-missing",
     .from = FROM_ECS,
     .says = {SECRETS, "did not contain json key|invalid character"},
     .rank = RANK_START,
     .cause = "Secret {secret_name|of this setup} lacks {1|a key that the task asks for}.",
     .remedy = "The secret's JSON must contain FOREST_ENV_SECRET, FOREST_AUTH_SECRET and "
               "POSTGRESQL_URL: run apply again.",
     .certain = true,
     .captures = {{1, "did not contain json key ", " ,:", false}}},
    {.id = "secret-missing",
     .from = FROM_ECS,
     .says = {SECRETS,
              "ResourceNotFoundException|can't find the specified secret|marked for deletion|"
              "marked deleted|can't find the resource"},
     .rank = RANK_START,
     .cause = "Secret {secret_name|of this setup}, or the version that the task wants, is gone.",
     .remedy = "Restore the secret in Secrets Manager, or run apply again.",
     .certain = true},
    {.id = "secret-no-route",
     .from = FROM_ECS,
     .says = {SECRETS, NO_ROUTE},
     .rank = RANK_START,
     .cause = "The task cannot reach Secrets Manager from {subnets|its subnets}.",
     .remedy = "Give {subnets|the task's subnets} a NAT route, or the endpoint secretsmanager with "
               "private DNS.",
     .fix = "network",
     .certain = true},

    // ---- log
    {.id = "log-denied",
     .from = FROM_ECS,
     .says = {LOG_DRIVER, DENIED},
     .rank = RANK_START,
     .cause = "The execution role {role|of the task} may not write to log group {log_group|of this "
              "setup}.",
     .remedy =
         "Allow logs:CreateLogStream and logs:PutLogEvents for role {role|of the task}; apply "
         "does it again.",
     .certain = true},
    {.id = "log-group-missing",
     .from = FROM_ECS,
     .says = {LOG_DRIVER, "ResourceNotFoundException|log group does not exist"},
     .rank = RANK_START,
     .cause = "Log group {log_group|of this setup} does not exist.",
     .remedy = "Create log group {log_group|of this setup}: run apply again.",
     .certain = true},
    {.id = "log-no-route",
     .from = FROM_ECS,
     .says = {LOG_DRIVER "|ResourceInitializationError", NO_ROUTE "|signal: killed"},
     .rank = RANK_START,
     .cause = "The task cannot reach CloudWatch Logs from {subnets|its subnets}.",
     .remedy =
         "Give {subnets|the task's subnets} a NAT route, or the endpoint logs with private DNS.",
     .fix = "network",
     .certain = true},

    // ---- the process
    {.id = "out-of-memory",
     .from = FROM_STOPPED | FROM_LOG,
     .says = {"OutOfMemory|out of memory"},
     .rank = RANK_START,
     .cause = "The container was killed: {memory_mib|its} MiB of memory are too few.",
     .remedy = "Give the task more memory than {memory_mib|now} MiB: the next valid size is "
               "{next_memory_mib|one step larger} MiB.",
     .fix = "backend",
     .certain = true},
    {.id = "wrong-architecture",
     .from = FROM_STOPPED | FROM_LOG,
     .says = {"exec format error|exit code 139"},
     .rank = RANK_START,
     .cause = "The image holds programs for another processor than {architecture|the task's}.",
     .remedy = "Build it with --platform for {architecture|the task's architecture}, or choose the "
               "other architecture.",
     .fix = "backend",
     .certain = true},
    {.id = "container-cannot-start",
     .from = FROM_STOPPED,
     .says = {"CannotStartContainerError|CannotCreateContainerError"},
     .rank = RANK_START,
     .cause = "The container cannot start: {1|its command, user or entry point is wrong}.",
     .remedy = "Correct the command, the user or the entry point of the image.",
     .fix = "backend",
     .certain = true,
     .captures = {{1, "ContainerError: ", "", false}}},

    // ---- a place to run
    {.id = "subnet-full",
     .from = FROM_ECS | FROM_AWS,
     .says = {"no free ip|InsufficientFreeAddresses|insufficient free addresses|"
              "not enough free addresses|enough free IP"},
     .rank = RANK_START,
     .cause = "{1|A subnet} has no free addresses.",
     .remedy = "Free addresses in {1|the subnets} or choose other subnets.",
     .fix = "network",
     .certain = true,
     .captures = {{1, "subnet-", " '\",.:;)]", true}}},
    {.id = "network-interface",
     .from = FROM_ECS,
     .says = {"network interface provisioning"},
     .rank = RANK_START,
     .cause = "AWS could not attach a network interface to the task in time.",
     .remedy =
         "Try again; if it stays so, look at the free addresses of {subnets|the subnets} and the "
         "quota of network interfaces.",
     .fix = "network"},
    {.id = "task-quota",
     .from = FROM_ECS | FROM_AWS,
     .says = {"reached the limit on the number of tasks|limit on the number of vCPUs|vCPU limit"},
     .rank = RANK_START,
     .cause = "The account's quota of Fargate vCPUs in {region|this region} is used up.",
     .remedy =
         "Stop other tasks, or raise \"Fargate On-Demand vCPU resource count\" in Service Quotas.",
     .fix = "backend",
     .certain = true},
    {.id = "no-capacity",
     .from = FROM_ECS,
     .says = {"Capacity is unavailable|RESOURCE:FARGATE"},
     .rank = RANK_START,
     .cause =
         "AWS has no Fargate capacity for this size in these zones of {region|the region} now.",
     .remedy = "Try again later, or choose subnets in another zone or another size.",
     .fix = "network"},
    {.id = "role-not-assumable",
     .from = FROM_ECS | FROM_AWS,
     .says = {"unable to assume the role|unable to assume role"},
     .rank = RANK_START,
     .cause = "ECS may not use role {1|of the task}.",
     .remedy = "A new role takes up to a minute. After that: its trust policy must allow "
               "ecs-tasks.amazonaws.com; apply sets it again.",
     .captures = {{1, "role '", "'", false}, {1, "role ", " ,", false}}},
    {.id = "task-moved",
     .from = FROM_STOPPED,
     .says = {"SpotInterruption|TerminationNotice|InfrastructureHealth|Spot Task was interrupted|"
              "host maintenance|task retirement"},
     .rank = RANK_VAGUE,
     .cause = "AWS took the task's machine away; this is not a fault of the setup.",
     .remedy = "ECS starts another one: wait, or run apply again."},
    {.id = "stopped-by-hand",
     .from = FROM_STOPPED,
     .says = {"UserInitiated|stopped by user"},
     .rank = RANK_VAGUE,
     .cause = "Somebody stopped the task.",
     .remedy = "ECS starts another one: wait, or run apply again."},

    // ---- health
    {.id = "health-status-code",
     .from = FROM_TARGET | FROM_EVENT,
     .says = {"Target.ResponseCodeMismatch|Health checks failed with these codes"},
     .rank = RANK_HEALTH,
     .cause = "The backend answers the load balancer with status {1|other than 200}.",
     .remedy = "The backend must answer GET / with 200 on port {port|of the task}.",
     .fix = "backend",
     .captures = {{1, "codes: [", "]", false}}},
    {.id = "health-timeout",
     .from = FROM_TARGET | FROM_EVENT,
     .says = {"Target.Timeout|reason Request timed out"},
     .rank = RANK_HEALTH,
     .cause = "Nothing answers the load balancer on port {port|of the task} in time.",
     .remedy =
         "When the log says that the backend listens, it is too slow: give the task more CPU. Else "
         "let {task_group|the task's security group} accept port {port|of the task} from the load "
         "balancer's group.",
     .fix = "backend"},
    {.id = "health-refused",
     .from = FROM_TARGET | FROM_EVENT,
     .says = {"Target.FailedHealthChecks|reason Health checks failed)"},
     .rank = RANK_HEALTH,
     .cause = "The backend does not listen on port {port|of the task}, or not yet.",
     .remedy =
         "Let the backend listen on 0.0.0.0:{port|of the task}, before it does anything that takes "
         "long.",
     .fix = "backend"},
    {.id = "health-not-in-use",
     .from = FROM_TARGET,
     .says = {"Target.NotInUse"},
     .rank = RANK_HEALTH,
     .cause =
         "The load balancer does not use the task: its zone is not enabled, or the target group "
         "has no listener.",
     .remedy = "Give the load balancer a subnet in the task's zone: run apply again.",
     .fix = "network"},
    {.id = "health-unknown",
     .from = FROM_TARGET,
     .says = {"Elb.InternalError"},
     .rank = RANK_HEALTH,
     .cause = "The load balancer has an internal error.",
     .remedy = "Wait some minutes; if it stays so, open a case with AWS."},

    // ---- it ended, and nothing better is known
    {.id = "killed",
     .from = FROM_STOPPED,
     .says = {"exit code 137|exit code: 137"},
     .rank = RANK_VAGUE,
     .cause =
         "The container was killed (exit code 137): it did not end in time when asked to, or had "
         "too little memory.",
     .remedy =
         "Read the log: forest-setup logs {setup|NAME}; if it ends without a reason, give the task "
         "{next_memory_mib|more} MiB of memory.",
     .fix = "backend"},
    // Before "crashed": it comes with the same stopped task and says more.
    {.id = "crashed-with-code",
     .from = FROM_STOPPED,
     .says = {"exit code "},
     .rank = RANK_VAGUE,
     .cause = "The backend's process ended by itself with exit code {1|other than 0}.",
     .remedy = "Read its last lines: forest-setup logs {setup|NAME}",
     .fix = "backend",
     .captures = {{1, "exit code ", " ,.", false}}},
    {.id = "crashed",
     .from = FROM_STOPPED,
     .says = {"Essential container in task exited|EssentialContainerExited"},
     .rank = RANK_VAGUE,
     .cause = "The backend's process ended by itself.",
     .remedy = "Read its last lines: forest-setup logs {setup|NAME}",
     .fix = "backend"},
    {.id = "unhealthy",
     .from = FROM_ECS,
     .says = {"failed ELB health checks|is unhealthy in (target-group"},
     .rank = RANK_VAGUE,
     .cause = "The load balancer finds the backend unhealthy.",
     .remedy =
         "The backend must answer GET / with 200 on port {port|of the task}: read its log with "
         "forest-setup logs {setup|NAME}",
     .fix = "backend"},
    {.id = "not-placed",
     .from = FROM_EVENT,
     .says = {"unable to place a task|failed to launch a task"},
     .rank = RANK_VAGUE,
     .cause = "ECS cannot start a task: {1|no reason given}.",
     .remedy = "Try again; the event names what is missing.",
     .captures = {{1, "Reason: ", "", false}, {1, "(error ", ")", false}}},
    {.id = "task-did-not-start",
     .from = FROM_STOPPED,
     .says = {"ResourceInitializationError|TaskFailedToStart"},
     .rank = RANK_VAGUE,
     .cause = "The task did not start: {1|no reason given}.",
     .remedy = "Try again; the text above is all that AWS says.",
     .captures = {{1, "ResourceInitializationError: ", "", false}}},
};

const struct diagnose_section diagnose_task = {rows, ARRAY_LEN(rows)};
