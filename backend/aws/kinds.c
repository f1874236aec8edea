// SPDX-License-Identifier: MIT
// Which kind of failure each AWS code is: what the caller may do about it.
#include <string.h>

#include "backend/aws/core.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

enum match { IS, STARTS, ENDS, HAS };

struct rule {
    enum match match;
    const char *text;
    enum err_kind kind;
};

// The first rule that fits decides; so the exact ones come before the families.
static const struct rule rules[] = {
    // Who we are.
    {IS, "InvalidClientTokenId", ERR_AUTH},
    {IS, "UnrecognizedClientException", ERR_AUTH},
    {IS, "AuthFailure", ERR_AUTH},
    {IS, "OptInRequired", ERR_AUTH},
    {IS, "InvalidAccessKeyId", ERR_AUTH},
    {IS, "UnauthorizedException", ERR_AUTH},
    {IS, "RequestExpired", ERR_AUTH},
    {IS, "RequestInTheFuture", ERR_AUTH},
    {IS, "RequestTimeTooSkewed", ERR_AUTH},
    {STARTS, "ExpiredToken", ERR_AUTH},
    {STARTS, "SignatureDoesNotMatch", ERR_AUTH},
    {STARTS, "InvalidSignature", ERR_AUTH},
    {STARTS, "IncompleteSignature", ERR_AUTH},
    {STARTS, "MissingAuthenticationToken", ERR_AUTH},
    {STARTS, "InvalidIdentityToken", ERR_AUTH},
    {IS, "PendingVerification", ERR_AUTH},
    {IS, "Blocked", ERR_AUTH},
    // What we may do.
    {STARTS, "AccessDenied", ERR_DENIED},
    {STARTS, "UnauthorizedOperation", ERR_DENIED},
    {STARTS, "NotAuthorized", ERR_DENIED},
    {STARTS, "Forbidden", ERR_DENIED},
    {IS, "OperationNotPermitted", ERR_CONFLICT},
    // Not there. ".NotFound" and "NotAttached" are EC2's spellings.
    {STARTS, "NoSuch", ERR_NOT_FOUND},
    {HAS, "NotFound", ERR_NOT_FOUND},
    {ENDS, "DoesNotExist", ERR_NOT_FOUND},
    {ENDS, "DoesNotExistException", ERR_NOT_FOUND},
    {IS, "ServiceNotActiveException", ERR_NOT_FOUND},
    {IS, "Gateway.NotAttached", ERR_NOT_FOUND},
    // Something else holds it.
    {HAS, "AlreadyExist", ERR_CONFLICT},
    {HAS, "Duplicate", ERR_CONFLICT},
    {HAS, "AlreadyAssociated", ERR_CONFLICT},
    {HAS, "AlreadyAttached", ERR_CONFLICT},
    {IS, "ResourceExistsException", ERR_CONFLICT},
    {ENDS, "InUse", ERR_CONFLICT},
    {ENDS, "InUseException", ERR_CONFLICT},
    {HAS, "InUse.", ERR_CONFLICT},
    {IS, "DependencyViolation", ERR_CONFLICT},
    {HAS, "Conflict", ERR_CONFLICT},
    {STARTS, "IdempotentParameterMismatch", ERR_CONFLICT},
    {STARTS, "ClusterContains", ERR_CONFLICT},
    {IS, "RepositoryNotEmptyException", ERR_CONFLICT},
    {IS, "UpdateInProgressException", ERR_CONFLICT},
    {STARTS, "OperationAborted", ERR_CONFLICT},
    {STARTS, "ConcurrentModification", ERR_CONFLICT},
    {STARTS, "ConcurrentUpdate", ERR_CONFLICT},
    {STARTS, "Incorrect", ERR_CONFLICT}, // IncorrectState, IncorrectInstanceState
    {ENDS, "InvalidStateException", ERR_CONFLICT},
    {IS, "KMSInvalidStateException", ERR_CONFLICT},
    // The request itself.
    {STARTS, "Validation", ERR_INPUT},
    {STARTS, "Invalid", ERR_INPUT},
    {STARTS, "Malformed", ERR_INPUT},
    {STARTS, "Missing", ERR_INPUT},
    {STARTS, "Unknown", ERR_INPUT},
    {STARTS, "Serialization", ERR_INPUT},
    {STARTS, "BadRequest", ERR_INPUT},
    {STARTS, "Unsupported", ERR_INPUT},
    {IS, "ClientException", ERR_INPUT},
};

static bool fits(const struct rule *rule, const char *code)
{
    switch (rule->match) {
    case IS: return str_eq(code, rule->text);
    case STARTS: return str_starts(code, rule->text);
    case ENDS: return str_ends(code, rule->text);
    case HAS: return strstr(code, rule->text) != NULL;
    }
    return false;
}

static enum err_kind by_status(int status)
{
    switch (status) {
    case 400: return ERR_INPUT;
    case 401: return ERR_AUTH;
    case 403: return ERR_DENIED;
    case 404: return ERR_NOT_FOUND;
    case 409: return ERR_CONFLICT;
    case 429: return ERR_THROTTLED;
    default: return ERR_REMOTE;
    }
}

enum err_kind aws_error_kind(enum aws_service service, int status, const char *code)
{
    if (str_empty(code))
        return by_status(status);
    const struct retry_failure f = {service, true, status, code};
    if (retry_is_quota(service, code))
        return ERR_REMOTE;
    if (retry_classify(&f) == RETRY_THROTTLE)
        return ERR_THROTTLED;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (fits(&rules[i], code))
            return rules[i].kind;
    return by_status(status);
}
