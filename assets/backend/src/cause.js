// SPDX-License-Identifier: MIT
'use strict';

/*
 * Error -> one stable word. forest-setup maps the word to a remedy, so words are only ever added; README.md has
 * the table. The text of the error is for people and may change with every library.
 */

/* PostgreSQL's own codes (SQLSTATE). */
const SQLSTATES = {
  '28P01': 'database-auth',
  28000: 'database-auth',
  '3D000': 'database-missing',
  '42501': 'database-permission',
  '53300': 'database-busy',
  '57P01': 'database-busy',
  '57P03': 'database-busy',
};
const HOST_UNKNOWN = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'];
const UNREACHABLE = ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'ECONNABORTED', 'EPIPE'];
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO$|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;
const TLS_TEXT = /certificate|before secure TLS connection|SSL connection|no encryption|SSL off|\bSSL alert\b/i;

/* The innermost error that carries a code: Sequelize and Node's dual-stack connect both wrap it. */
function root(error) {
  let inner = error;
  for (let depth = 0; inner && depth < 8; depth++) {
    const cause = inner.cause instanceof Error ? inner.cause : null;
    const next = inner.errors?.[0] ?? inner.original ?? inner.parent ?? cause;
    if (!next || next === inner) break;
    inner = next;
  }
  return inner;
}

/* An AggregateError (localhost on ::1 and 127.0.0.1) has an empty message of its own. */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.message) return error.message;
  if (error.errors?.length) return error.errors.map(describe).join('; ');
  return error.code || error.name;
}

function isTls(error) {
  return TLS_CODE.test(error?.code ?? '') || TLS_TEXT.test(error?.message ?? '');
}

function databaseCause(error) {
  const inner = root(error);
  // "no pg_hba.conf entry ... no encryption" comes with 28000 but is about TLS.
  if (isTls(inner)) return 'database-tls';
  if (SQLSTATES[inner.code]) return SQLSTATES[inner.code];
  if (HOST_UNKNOWN.includes(inner.code)) return 'database-host-unknown';
  if (UNREACHABLE.includes(inner.code)) return 'database-unreachable';
  if (/timeout|timed out|terminated/i.test(describe(inner))) return 'database-unreachable';
  return 'database-error';
}

/* The agent gives its HTTP errors a `status`; 408 and 502 are its own for "no answer" and "offline". */
function forestCause(error) {
  const inner = root(error);
  switch (inner.status) {
    case undefined:
      break;
    case 401:
    case 404:
      return 'forest-secret-unknown';
    case 403:
      return 'forest-forbidden';
    case 503:
      return 'forest-maintenance';
    case 0:
    case 408:
    case 502:
    case 504:
      return 'forest-unreachable';
    default:
      return 'forest-error';
  }
  if (isTls(inner)) return 'forest-tls';
  if (HOST_UNKNOWN.includes(inner.code) || UNREACHABLE.includes(inner.code)) return 'forest-unreachable';
  return 'agent-failed';
}

/* An error thrown on purpose names its cause; otherwise the stage ('database', 'forest', ...) decides how to look. */
class CausedError extends Error {
  constructor(cause, message) {
    super(message);
    this.cause = cause;
  }
}

function causeOf(stage, error) {
  if (error instanceof CausedError) return error.cause;
  if (stage === 'database') return databaseCause(error);
  if (stage === 'forest') return forestCause(error);
  return 'internal';
}

module.exports = { CausedError, causeOf, describe, isTls, root };
