// SPDX-License-Identifier: MIT
#include "tests/unit/diagnose/signals.h"

#include "backend/base/mem.h"

#define STOPPED SIGNAL_STOPPED_TASK
#define EVENT   SIGNAL_SERVICE_EVENT
#define LOG     SIGNAL_LOG
#define TARGET  SIGNAL_TARGET
#define BACKEND SIGNAL_BACKEND
#define GATEWAY SIGNAL_GATEWAY
#define AWS     SIGNAL_AWS

#define UNABLE                                                                                     \
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "    \
    "retrieval failed: "
#define ASM   UNABLE "unable to retrieve secret from asm: service call has been retried 1 time(s): "
#define ROLE  "arn:aws:sts::123456789012:assumed-role/forestadmin-x-exec/0f1e"
#define IMAGE "123456789012.dkr.ecr.eu-west-3.amazonaws.com/forestadmin-x@sha256:9f2c"
#define FETCH "pull image manifest has been retried 5 time(s): failed to resolve ref " IMAGE ": "

const struct sample samples[] = {
    // ---- image
    {STOPPED,
     UNABLE "unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
            "AccessDeniedException: User: " ROLE
            " is not authorized to perform: ecr:GetAuthorizationToken on resource: *",
     "image-login-denied", true, "log in to the image registry",
     "AmazonECSTaskExecutionRolePolicy"},
    {STOPPED,
     UNABLE "unable to retrieve ecr registry auth: service call has been retried 3 time(s): "
            "RequestError: send request failed caused by: Post "
            "\"https://api.ecr.eu-west-3.amazonaws.com/\": dial tcp 52.94.0.10:443: i/o timeout. "
            "Please check your task network configuration.",
     "image-login-no-route", true, "subnet-31", "NAT"},
    {STOPPED,
     "CannotPullContainerError: " FETCH "failed to do request: Head \"https://x/v2/\": dial tcp "
     "3.5.0.10:443: i/o timeout",
     "no-route-to-ecr", true, "subnet-31", "let in port 443 from sg-0task"},
    {STOPPED, "CannotPullContainerError: " FETCH "context deadline exceeded", "no-route-to-ecr",
     true, "no way to ECR", "ecr.api, ecr.dkr"},
    {STOPPED,
     "CannotPullContainerError: " FETCH
     "image Manifest does not contain descriptor matching platform 'linux/arm64': not found",
     "image-architecture", true, "linux/arm64", "--platform"},
    {STOPPED,
     "CannotPullContainerError: no matching manifest for linux/amd64 in the manifest list entries",
     "image-architecture", true, "linux/amd64", "ARM64"},
    {STOPPED,
     "CannotPullContainerError: " FETCH "unexpected status from HEAD request to "
     "https://123456789012.dkr.ecr.eu-west-3.amazonaws.com/v2/: 403 Forbidden",
     "image-pull-denied", true, "forestadmin-x", "AmazonECSTaskExecutionRolePolicy"},
    {STOPPED, "CannotPullContainerError: pull access denied for x, no basic auth credentials",
     "image-pull-denied", true, NULL, NULL},
    {STOPPED,
     "CannotPullContainerError: inspect image has been retried 1 time(s): httpReadSeeker: "
     "toomanyrequests: You have reached your pull rate limit",
     "image-rate-limited", false, "limits", "ECR"},
    {STOPPED, "CannotPullContainerError: write /x: no space left on device", "image-too-large",
     true, "disk", "smaller"},
    {EVENT, "CannotPullContainerError: " FETCH "forestadmin-x@sha256:9f2c: not found",
     "image-missing", true, "sha256:9f2c", "Push it again"},
    {STOPPED, "CannotPullContainerError: manifest unknown", "image-missing", true, "forestadmin-x",
     NULL},
    {STOPPED, "CannotPullContainerError: config sha256:1 fails verification", "image-unreadable",
     false, "fails verification", NULL},

    // ---- secrets
    {STOPPED,
     ASM "failed to fetch secret arn:x from secrets manager: AccessDeniedException: Access to KMS "
         "is not allowed",
     "secret-key-denied", true, "decrypt", "kms:Decrypt"},
    {STOPPED,
     ASM "failed to fetch secret arn:x from secrets manager: AccessDeniedException: User: " ROLE
         " is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:x",
     "secret-denied", true, "forestadmin-x/env", "secretsmanager:GetSecretValue"},
    {STOPPED, ASM "retrieved secret from Secrets Manager did not contain json key POSTGRESQL_URL",
     "secret-key-missing", true, "lacks POSTGRESQL_URL", "FOREST_AUTH_SECRET"},
    {STOPPED, ASM "invalid character 'x' looking for beginning of value", "secret-key-missing",
     true, "a key", "JSON"},
    {STOPPED, ASM "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
     "secret-missing", true, "forestadmin-x/env", "Restore"},
    {STOPPED,
     ASM "failed to fetch secret arn:x from secrets manager: RequestCanceled: request context "
         "canceled caused by: context deadline exceeded",
     "secret-no-route", true, "Secrets Manager", "NAT"},

    // ---- log
    {STOPPED,
     "ResourceInitializationError: failed to validate logger args: create stream has been retried "
     "1 times: failed to create Cloudwatch log stream: AccessDeniedException: User: " ROLE
     " is not authorized to perform: logs:CreateLogStream on resource: arn:y : exit status 1",
     "log-denied", true, "/ecs/forestadmin-x", "logs:CreateLogStream"},
    {STOPPED,
     "ResourceInitializationError: failed to validate logger args: create stream has been retried "
     "1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified "
     "log group does not exist. : exit status 1",
     "log-group-missing", true, "/ecs/forestadmin-x", "Create log group"},
    {STOPPED,
     "ResourceInitializationError: failed to validate logger args: create stream has been retried "
     "5 times: Post \"https://logs.eu-west-3.amazonaws.com/\": dial tcp 52.94.0.20:443: i/o "
     "timeout : exit status 1",
     "log-no-route", true, "CloudWatch Logs", "endpoint logs"},
    {STOPPED, "ResourceInitializationError: failed to validate logger args: : signal: killed",
     "log-no-route", true, NULL, NULL},

    // ---- the process
    {STOPPED, "OutOfMemoryError: Container killed due to memory usage", "out-of-memory", true,
     "512 MiB", "1024 MiB"},
    {LOG, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
     "out-of-memory", true, NULL, NULL},
    {STOPPED,
     "CannotStartContainerError: ResourceInitializationError: failed to create new container "
     "runtime task: unable to start container process: exec /usr/bin/node: exec format error",
     "wrong-architecture", true, "another processor", "ARM64"},
    {STOPPED, "container exit code 139", "wrong-architecture", true, NULL, NULL},
    {STOPPED,
     "CannotStartContainerError: Error response from daemon: unable to find user node: no matching "
     "entries in passwd file",
     "container-cannot-start", true, "unable to find user node", "entry point"},
    {STOPPED, "CannotCreateContainerError: Error response from daemon: No command specified",
     "container-cannot-start", true, "No command specified", NULL},

    // ---- a place to run
    {STOPPED,
     "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-31': "
     "InsufficientFreeAddressesInSubnet",
     "subnet-full", true, "subnet-31 has no free addresses", "choose other subnets"},
    {AWS, "InvalidSubnet: Not enough free addresses in subnet-0a1b.", "subnet-full", true,
     "subnet-0a1b", NULL},
    {STOPPED, "Timeout waiting for network interface provisioning to complete.",
     "network-interface", false, "network interface", "subnet-31"},
    {EVENT,
     "(service x) was unable to place a task. Reason: You've reached the limit on the number of "
     "tasks that you can run concurrently.",
     "task-quota", true, "eu-west-3", "Service Quotas"},
    {EVENT,
     "(service x) was unable to place a task. Reason: Capacity is unavailable at this time. Please "
     "try again later or in a different availability zone.",
     "no-capacity", false, "eu-west-3", "another zone"},
    {EVENT,
     "(service x) failed to launch a task with (error ECS was unable to assume the role "
     "'arn:aws:iam::123456789012:role/forestadmin-x-exec' that was provided for this task.)",
     "role-not-assumable", false, "role arn:aws:iam::123456789012:role/forestadmin-x-exec.",
     "ecs-tasks.amazonaws.com"},
    {STOPPED, "SpotInterruption: Your Spot Task was interrupted.", "task-moved", false,
     "not a fault", NULL},
    {STOPPED, "Task stopped by user", "stopped-by-hand", false, "Somebody", NULL},

    // ---- health
    {TARGET, "Target.ResponseCodeMismatch: Health checks failed with these codes: [404]",
     "health-status-code", false, "status 404", "port 3000"},
    {EVENT,
     "(service x) (port 3000) is unhealthy in (target-group arn:z) due to (reason Health checks "
     "failed with these codes: [502])",
     "health-status-code", false, "502", NULL},
    {TARGET, "Target.Timeout: Request timed out", "health-timeout", false, "port 3000",
     "sg-0task accept port 3000"},
    {TARGET, "Target.FailedHealthChecks: Health checks failed", "health-refused", false,
     "port 3000", "0.0.0.0:3000"},
    {TARGET,
     "Target.NotInUse: Target is in an Availability Zone that is not enabled for the load balancer",
     "health-not-in-use", false, "zone", NULL},
    {TARGET, "Elb.InternalError: Health checks failed due to an internal error", "health-unknown",
     false, "internal error", NULL},
    {STOPPED, "container exit code 137", "killed", false, "137", "1024 MiB"},
    {STOPPED, "Essential container in task exited", "crashed", false, "ended by itself",
     "forest-setup logs my-admin"},
    {STOPPED, "container exit code 1", "crashed-with-code", false, "with exit code 1", NULL},
    {STOPPED, "Task failed ELB health checks in (target-group arn:z)", "unhealthy", false,
     "unhealthy", "port 3000"},
    {EVENT, "(service x) was unable to place a task. Reason: something new.", "not-placed", false,
     "something new", NULL},
    {STOPPED, "TaskFailedToStart", "task-did-not-start", false, NULL, NULL},
    {STOPPED, "ResourceInitializationError: failed to invoke EFS utils commands",
     "task-did-not-start", false, "failed to invoke EFS", NULL},

    // ---- the backend's environment
    {BACKEND, "env-secret-missing: FOREST_ENV_SECRET is not set", "env-secret-missing", true,
     "FOREST_ENV_SECRET", "forestadmin-x/env"},
    {BACKEND,
     "env-secret-invalid: FOREST_ENV_SECRET must be 64 characters 0-9 a-f; this one has 48 "
     "characters",
     "env-secret-invalid", true, "64 characters 0-9 a-f; this one has 48 characters.",
     "Settings > Environments > Production"},
    {LOG,
     "FOREST_ENV_SECRET must be 64 characters 0-9 a-f; this one has upper case letters "
     "[env-secret-invalid]",
     "env-secret-invalid", true, "has upper case letters.", NULL},
    {LOG,
     "Error: options.envSecret is invalid. You can retrieve its value from "
     "https://www.forestadmin.com",
     "env-secret-invalid", true, "64 characters", NULL},
    {LOG, "error: FOREST_AUTH_SECRET is not set [auth-secret-missing]", "auth-secret-missing", true,
     "FOREST_AUTH_SECRET", NULL},
    {LOG, "Error: options.authSecret is invalid. Any long random string should work",
     "auth-secret-missing", true, NULL, NULL},
    {BACKEND, "database-url-missing: POSTGRESQL_URL is not set", "database-url-missing", true,
     "POSTGRESQL_URL", NULL},
    {BACKEND, "database-url-invalid: POSTGRESQL_URL cannot be used: the port is no number",
     "database-url-invalid", true, "the port is no number.", "percent-encode"},
    {BACKEND, "database-ssl-mode-invalid: DATABASE_SSL_MODE must be one of preferred",
     "database-ssl-mode-invalid", true, "SSL mode", "preferred, required"},
    {BACKEND, "forest-url-invalid: FOREST_SERVER_URL is not an http or https URL",
     "forest-url-invalid", true, "FOREST_SERVER_URL", NULL},

    // ---- Forest
    {BACKEND,
     "forest-secret-unknown: Cannot find the project related to the environment secret you "
     "configured.",
     "forest-secret-unknown", true, "unknown to Forest",
     "This environment secret is unknown to Forest: copy it again from Settings > Environments > "
     "Production."},
    {LOG, "Error: failed to find the environment related to the envSecret", "forest-secret-unknown",
     true, NULL, NULL},
    {LOG, "error: start failed (attempt 2): not found [forest-secret-unknown]",
     "forest-secret-unknown", true, NULL, NULL},
    {BACKEND, "forest-forbidden: This project is blocked", "forest-forbidden", true,
     "This project is blocked", NULL},
    {BACKEND, "forest-maintenance: Forest is in maintenance for a few minutes",
     "forest-maintenance", false, "maintenance", "Wait"},
    {LOG,
     "Forest Admin server TLS certificate cannot be verified. Please check that your system time "
     "is set properly.",
     "forest-tls", true, "certificate of Forest's server", "proxy"},
    {BACKEND, "forest-tls: unable to get local issuer certificate", "forest-tls", true, NULL, NULL},
    {BACKEND, "forest-unreachable: getaddrinfo ENOTFOUND api.forestadmin.com", "forest-unreachable",
     false, "subnet-31", "no route to api.forestadmin.com:443; add a NAT gateway"},
    {LOG, "Error: Failed to reach Forest Admin server. Are you online?", "forest-unreachable",
     false, NULL, NULL},
    {LOG, "The request to Forest Admin server has timed out while trying to reach x 10000ms",
     "forest-unreachable", false, NULL, NULL},
    {LOG, "getaddrinfo EAI_AGAIN api.forestadmin.com", "forest-unreachable", false, NULL, NULL},
    {BACKEND, "forest-error: An unexpected error 500", "forest-error", false,
     "An unexpected error 500", NULL},
    {LOG, "error: start failed (attempt 1): status 418 [forest-error]", "forest-error", false,
     "status 418.", NULL},
    {LOG,
     "Can't load .forestadmin-schema.json. Providing a schema is mandatory in production. Skipping",
     "schema-file-missing", true, "no schema file", "auto schema"},
    {LOG, "Unable to detect ServerSentEvents Heartbeat.", "permissions-stale", false, "15 minutes",
     "instantCacheRefresh:false"},
    {LOG, "error: IP address rejected (203.0.113.7, 10.0.0.1)", "ip-rejected", true,
     "203.0.113.7, 10.0.0.1", "Turn off IP whitelisting"},

    // ---- the database
    {BACKEND, "database-host-unknown: getaddrinfo ENOTFOUND ss", "database-host-unknown", true,
     "no host ss:", "percent-encode"},
    {LOG, "Error: getaddrinfo ENOTFOUND db.acme.internal", "database-host-unknown", true,
     "db.acme.internal", NULL},
    {BACKEND, "database-host-unknown: getaddrinfo EAI_AGAIN db.acme.internal",
     "database-name-server", false, "db.acme.internal", "DNS"},
    {BACKEND, "database-unreachable: connect ECONNREFUSED 10.20.4.9:5433", "database-refused",
     false, "10.20.4.9:5433", "port 5433 from sg-0task"},
    {BACKEND, "database-unreachable: connect ETIMEDOUT 10.20.4.9:5432", "database-unreachable",
     false, "10.20.4.9:5432 does not answer from subnet-31",
     "Let the task in: port 5432 from sg-0task on sg-0db."},
    {BACKEND, "database-unreachable: timeout expired", "database-unreachable", false,
     "The database does not answer", "port 5432"},
    {LOG, "SequelizeConnectionError: connect ETIMEDOUT 10.20.4.9:6432", "database-unreachable",
     false, NULL, "port 6432"},
    {BACKEND,
     "database-no-answer: db.acme.internal:22 accepts connections but does not answer as "
     "PostgreSQL",
     "database-no-answer", false, "db.acme.internal:22 accepts", "approval"},
    {BACKEND,
     "database-tls: no pg_hba.conf entry for host \"10.0.0.5\", user \"app\", database \"shop\", "
     "no encryption",
     "database-tls-required", true, "wants TLS",
     "Your database wants TLS: choose SSL mode 'preferred' or 'required'."},
    {LOG, "error: no pg_hba.conf entry for host \"10.0.0.5\", user \"app\", no encryption",
     "database-tls-required", true, NULL, NULL},
    {BACKEND, "database-tls: The server does not support SSL connections", "database-tls-refused",
     true, "does not speak TLS", "preferred"},
    {BACKEND, "database-tls: self-signed certificate in certificate chain", "database-tls", true,
     "does not verify", "Remove sslmode from the URL and use SSL mode 'required'"},
    {LOG, "Error: self signed certificate", "database-tls", true, NULL, "CA bundle"},
    {BACKEND,
     "database-auth: no pg_hba.conf entry for host \"10.0.0.5\", user \"app\", database \"shop\", "
     "SSL encryption",
     "database-auth-rule", true, "user app in from 10.0.0.5", "subnet-31"},
    {BACKEND, "database-auth: password authentication failed for user \"app\"", "database-auth",
     true, "password of user app", "Correct user and password"},
    {LOG,
     "error: start failed (attempt 1): password authentication failed for user \"app\" "
     "[database-auth]",
     "database-auth", true, "user app", NULL},
    {LOG, "error: password authentication failed for user \"app\"", "database-auth", true, NULL,
     NULL},
    {BACKEND, "database-missing: database \"shop\" does not exist", "database-missing", true,
     "no database shop", "last part"},
    {LOG, "FATAL: database \"shop\" does not exist", "database-missing", true, NULL, NULL},
    {BACKEND, "database-permission: permission denied for schema public", "database-permission",
     true, "schema public", "Grant"},
    {BACKEND, "database-busy: sorry, too many clients already", "database-busy", false,
     "no free connection", "max_connections"},
    {LOG, "FATAL: the database system is starting up", "database-busy", false, NULL, NULL},
    {BACKEND, "database-empty: the database shows no table in schema \"shop\" to this user",
     "database-empty", true, "schema shop", "database.schema"},
    {BACKEND, "database-error: invalid memory alloc", "database-error", false,
     "invalid memory alloc", "forest-setup logs my-admin"},

    // ---- the program
    {BACKEND, "customize-failed: forest/customize.js failed: Collection not found: x",
     "customize-failed", true, "Collection not found: x", "forest/customize.js"},
    {BACKEND, "agent-failed: cannot start", "agent-failed", false, "cannot start", NULL},
    {BACKEND, "internal: x is not a function", "backend-defect", false, "x is not a function",
     "report it"},
    {LOG, "Error: Cannot find module 'pg'", "module-missing", true, "module pg.", "package.json"},
    {LOG, "error: cannot listen on 3000: EADDRINUSE", "port-taken", true, "Port 3000", NULL},

    // ---- AWS
    {AWS, "VPC link FAILED: subnet is in an availability zone that does not support VPC links",
     "vpc-link-zone", true, "subnet-31", "zones"},
    {AWS,
     "AccessDeniedException: User: x is not authorized to perform: iam:CreateServiceLinkedRole on "
     "resource: arn:aws:iam::1:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRole",
     "service-linked-role", true, "service-linked role",
     "iam:CreateServiceLinkedRole for ops.apigateway.amazonaws.com."},
    {AWS, "VPC link FAILED: something went wrong", "vpc-link-failed", false, "something went wrong",
     "deleted and made again"},
    {AWS, "NAT gateway failed: Elastic IP address [eipalloc-1] is already associated",
     "nat-address-taken", true, "already used", "Release"},
    {AWS, "NAT gateway failed: Network vpc-1 has no Internet gateway attached", "nat-no-gateway",
     true, "internet gateway", "Attach"},
    {AWS, "NAT gateway failed: internal error", "nat-failed", false, "internal error", NULL},
    {AWS, "load balancer is failed", "load-balancer-failed", false, "load balancer", "subnet-31"},
    {AWS, "VpcLimitExceeded: The maximum number of VPCs has been reached.", "quota-vpcs", true,
     "VPCs", "Service Quotas"},
    {AWS, "AddressLimitExceeded: The maximum number of addresses has been reached.",
     "quota-addresses", true, "Elastic IP", "Service Quotas"},
    {AWS, "NatGatewayLimitExceeded: x", "quota-nat", true, "NAT gateways", NULL},
    {AWS, "InternetGatewayLimitExceeded: x", "quota-gateways", true, "internet gateways", NULL},
    {AWS, "SubnetLimitExceeded: x", "quota-subnets", true, "subnets", NULL},
    {AWS, "SecurityGroupLimitExceeded: x", "quota-security-groups", true, "security groups", NULL},
    {AWS, "RulesPerSecurityGroupLimitExceeded: x", "quota-rules", true, "rules", NULL},
    {AWS, "TooManyLoadBalancers: x", "quota-load-balancers", true, "load balancers", NULL},
    {AWS, "TooManyTargetGroups: x", "quota-target-groups", true, "target groups", NULL},
    {AWS, "BadRequestException: Maximum number of VPC links has been reached", "quota-api", true,
     "API Gateway", NULL},
    {AWS, "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", "quota", true, NULL,
     "Service Quotas"},
    {AWS, "LimitExceededException: x", "quota", true, "eu-west-3", NULL},
    {AWS,
     "AccessDeniedException: User: x is not authorized to perform: ecs:CreateCluster on resource: "
     "* with an explicit deny in a service control policy",
     "denied-by-organization", true, "ecs:CreateCluster", "organization"},
    {AWS,
     "AccessDenied: User: x is not authorized to perform: iam:CreateRole on resource: arn:r "
     "because no permissions boundary allows the iam:CreateRole action",
     "denied-by-boundary", true, "iam:CreateRole", "boundary"},
    {AWS,
     "UnauthorizedOperation: You are not authorized to perform this operation. User: x is not "
     "authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-3:1:vpc/* because no "
     "identity-based policy allows the ec2:CreateVpc action",
     "denied", true, "ec2:CreateVpc on arn:aws:ec2:eu-west-3:1:vpc/*.", "ec2:CreateVpc"},
    {AWS,
     "AccessDenied: User: x is not authorized to perform: iam:GetRole on resource: role my-role "
     "because no identity-based policy allows the iam:GetRole action",
     "denied", true, "iam:GetRole on my-role.", "on my-role"},
    {AWS, "ExpiredTokenException: The security token included in the request is expired",
     "credentials-expired", true, "expired", "forest-setup resume my-admin"},
    {AWS, "SignatureDoesNotMatch: Signature expired: 1 is now earlier than 2", "clock-or-key", true,
     "clock", "clock"},
    {AWS, "OptInRequired: You are not subscribed to this service", "region-off", true, "eu-west-3",
     "Enable"},
    {AWS, "InvalidClientTokenId: The security token included in the request is invalid.",
     "credentials-unknown", true, "does not know these credentials", NULL},
    {AWS, "ThrottlingException: Rate exceeded", "throttled", false, "limits", "Wait"},

    // ---- from outside
    {GATEWAY, "gateway-unavailable: API Gateway gets no answer from the backend (status 503)",
     "gateway-unavailable", false, "no answer", "VPC link"},
    {GATEWAY, "503 {\"message\":\"Service Unavailable\"}", "gateway-unavailable", false, NULL,
     NULL},
    {GATEWAY, "gateway-timeout: x", "gateway-timeout", false, "30 seconds", NULL},
    {GATEWAY, "gateway-not-found: x", "gateway-not-found", false, "no route", "$default"},
    {GATEWAY, "404 {\"message\":\"Not Found\"}", "gateway-not-found", false, NULL, NULL},
    {GATEWAY, "gateway-error: x", "gateway-error", false, "listener", "integration again"},
    {GATEWAY, "500 {\"message\":\"Internal Server Error\"}", "gateway-error", false, NULL, NULL},
    {GATEWAY, "gateway-login: x", "gateway-login", true, "login", "authorizer"},
    {GATEWAY, "gateway-throttled: x", "gateway-throttled", false, "limits", "Wait"},
    {GATEWAY, "<html><head><title>502 Bad Gateway</title></head>", "gateway-balancer-502", false,
     "closed the connection", "server.keepAliveTimeout=65000"},
    {GATEWAY, "<title>503 Service Temporarily Unavailable</title>", "gateway-balancer-503", false,
     "no task", NULL},
    {GATEWAY, "<title>504 Gateway Time-out</title>", "gateway-balancer-504", false, "in time",
     "port 3000"},
    {BACKEND, "cors-missing: the backend does not allow browsers to call it", "cors-missing", true,
     "app.forestadmin.com", "Turn off CORS on the API Gateway"},
    {BACKEND, "wall-open: the backend answers without a login", "wall-open", true,
     "without a login", "forest-setup destroy my-admin"},
    {BACKEND, "agent-missing: x", "agent-missing", false, "https://a1.execute-api",
     "'Agent is running'"},
    {BACKEND, "schema-empty: x", "schema-empty", false, "no collections", "auto schema"},
    {BACKEND, "schema-stale: has 6 collections", "schema-stale", false, "has 6 collections",
     "auto schema"},
    {BACKEND, "redirect-mismatch: https://old.example", "redirect-mismatch", false,
     "Forest still has https://old.example", "by https://a1.execute-api"},
    {GATEWAY,
     "Unable to authenticate you. Please verify that your admin backend is correctly configured "
     "and running",
     "login-failed", false, "log its users in", "(no slash, no /forest), then restart the task"},
    {BACKEND, "url-not-https: x", "url-not-https", true, "http://", "Use the https:// URL"},
    {BACKEND, "url-private: 10.0.0.4", "url-private", true, "private address",
     "use the public API Gateway URL"},
};
const size_t sample_count = ARRAY_LEN(samples);
