// SPDX-License-Identifier: MIT
'use strict';

/*
 * Reads POSTGRESQL_URL into separate fields. The fields, not the URL, go to the database libraries:
 * their parsers disagree about percent signs and about what `sslmode` means, and they repeat the
 * URL in their errors.
 */

/* libpq's names -> ours. Kept from the URL so that `verify-full` is never silently weakened. */
const SSL_MODES = {
  disable: 'disabled',
  allow: 'preferred',
  prefer: 'preferred',
  require: 'required',
  'no-verify': 'required',
  'verify-ca': 'verify',
  'verify-full': 'verify',
};
const KEPT_PARAMETERS = ['application_name', 'options', 'statement_timeout'];
const TLS_PARAMETERS = ['ssl', 'sslmode', 'uselibpqcompat'];

class UrlError extends Error {}

/* An unencoded @ / ? # in the password moves the host to the wrong place: "p@ss/w" gives host "ss". */
function refuseUnencoded(text) {
  const rest = text.slice(text.indexOf('://') + 3);
  const end = rest.search(/[/?#]/);
  if (end < 0) return;
  const beforeQuery = rest.slice(end).split('?')[0];
  const strayAt = beforeQuery.includes('@') || (!rest.slice(0, end).includes('@') && rest.slice(end).includes('@'));
  if (strayAt) throw new UrlError('user and password must be percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23)');
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UrlError('it is not valid percent-encoded UTF-8');
  }
}

/*
 * Returns {host, port, database, user, password, sslMode, schema, parameters, ignored}. sslMode and schema
 * are undefined unless the URL names them; `ignored` lists the names of parameters that are not used.
 * Throws UrlError, whose message never contains any part of the URL.
 */
function parsePostgresUrl(text) {
  if (!/^postgres(ql)?:\/\//.test(text)) throw new UrlError('it must start with postgres:// or postgresql://');
  if (/\s/.test(text)) throw new UrlError('it contains white space');
  refuseUnencoded(text);
  let url;
  try {
    // A percent sign that encodes nothing stands for itself.
    url = new URL(text.replace(/%(?![0-9a-fA-F]{2})/g, '%25'));
  } catch {
    throw new UrlError('it is not a URL of the form postgres://user:password@host:5432/database');
  }
  const host = decode(url.hostname).replace(/^\[|\]$/g, '');
  const database = decode(url.pathname.slice(1));
  if (!host) throw new UrlError('it names no host');
  if (!url.username) throw new UrlError('it names no user');
  if (!database) throw new UrlError('it names no database');

  const query = url.searchParams;
  const sslmode = query.get('sslmode');
  if (sslmode && !SSL_MODES[sslmode]) throw new UrlError('its sslmode is unknown');
  const parameters = {};
  for (const name of KEPT_PARAMETERS) if (query.has(name)) parameters[name] = query.get(name);
  const used = [...KEPT_PARAMETERS, ...TLS_PARAMETERS, 'schema'];
  return {
    host,
    port: Number(url.port) || 5432,
    database,
    user: decode(url.username),
    password: decode(url.password),
    sslMode: sslmode ? SSL_MODES[sslmode] : undefined,
    schema: query.get('schema') || undefined,
    parameters,
    ignored: [...new Set(query.keys())].filter(name => !used.includes(name)),
  };
}

/* The parts of a URL, however malformed, that may be its password: for the scrubber, so it guesses widely. */
function passwordCandidates(text) {
  const found = [text];
  const authority = text.slice(text.indexOf('://') + 3);
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const userinfo = authority.slice(0, at);
    const colon = userinfo.indexOf(':');
    if (colon >= 0) {
      const password = userinfo.slice(colon + 1);
      found.push(password);
      try {
        found.push(new URL(text).password);
      } catch {
        // Not a URL: the raw spelling is all there is.
      }
      // Each piece a wrong parser may take for a host or a path.
      found.push(...password.split(/[@/?#:]/).filter(piece => piece.length > 1));
    }
  }
  return found;
}

module.exports = { parsePostgresUrl, passwordCandidates, UrlError };
