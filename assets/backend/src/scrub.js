// SPDX-License-Identifier: MIT
'use strict';

/*
 * Takes the secrets out of any text before it is printed or answered. The libraries below us put
 * whole connection strings into their messages, so that trusting them is not enough.
 */

const MASK = '***';
const SHORT_CHARS = 6;

function escapeRegExp(text) {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/* A value may be printed as it is, percent-encoded, or inside a JSON string. */
function spellings(secret) {
  const forms = new Set([secret, encodeURI(secret.toWellFormed()), encodeURIComponent(secret.toWellFormed())]);
  try {
    forms.add(decodeURIComponent(secret));
  } catch {
    // Not percent-encoded: the plain form is already in the set.
  }
  for (const form of [...forms]) forms.add(JSON.stringify(form).slice(1, -1));
  return [...forms];
}

/*
 * Returns a function text -> text. `secrets` may hold undefined and empty values. A short secret is
 * replaced only as a whole word: masking every "a" of a message would give the password away.
 */
function createScrub(secrets) {
  const forms = secrets.filter(Boolean).flatMap(spellings);
  // Longest first, so that a secret that contains another one leaves no remainder.
  const patterns = [...new Set(forms)]
    .sort((a, b) => b.length - a.length)
    .map(form => {
      const body = escapeRegExp(form);
      const whole = form.length < SHORT_CHARS ? `(?<![A-Za-z0-9_])${body}(?![A-Za-z0-9_])` : body;
      return new RegExp(whole, 'gi');
    });
  return text =>
    patterns
      .reduce((rest, pattern) => rest.replace(pattern, MASK), String(text))
      // Whatever else looks like user:password@ in a URL (a proxy's, for instance).
      .replace(/(\/\/)[^\s/@:]*:[^\s/@]+@/g, `$1${MASK}@`);
}

module.exports = { createScrub };
