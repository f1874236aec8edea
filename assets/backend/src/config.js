// SPDX-License-Identifier: MIT
'use strict';

/*
 * Reads the environment once. Never throws: what is wrong becomes `problem` ({cause, message}), because the
 * process must stay up to tell it. Nothing else in src/ looks at process.env.
 */

const path = require('node:path');
const { parsePostgresUrl, passwordCandidates, UrlError } = require('./postgres-url');

const APP_DIR = path.join(__dirname, '..');
const SSL_MODES = ['preferred', 'required', 'verify', 'disabled'];

class ConfigError extends Error {
  constructor(cause, message) {
    super(message);
    this.cause = cause;
  }
}

function checkEnvSecret(secret) {
  if (!secret) throw new ConfigError('env-secret-missing', 'FOREST_ENV_SECRET is not set');
  // The agent's own rule (options-validator): lower case only, nothing around it.
  if (/^[0-9a-f]{64}$/.test(secret)) return;
  let why = `this one has ${secret.length} characters`;
  if (secret.trim().length !== secret.length) why = 'this one has white space around it';
  else if (/^[0-9a-fA-F]{64}$/.test(secret)) why = 'this one has upper case letters';
  else if (secret.length === 64) why = 'this one has other characters';
  throw new ConfigError('env-secret-invalid', `FOREST_ENV_SECRET must be 64 characters 0-9 a-f; ${why}`);
}

function checkAuthSecret(secret) {
  // The agent accepts an empty string, which would let anyone sign a session.
  if (!secret) throw new ConfigError('auth-secret-missing', 'FOREST_AUTH_SECRET is not set');
}

function readForestUrl(text) {
  try {
    if (/^https?:$/.test(new URL(text).protocol)) return text;
  } catch {
    // Told below.
  }
  throw new ConfigError('forest-url-invalid', 'FOREST_SERVER_URL is not an http or https URL');
}

function readDatabase(env) {
  const text = env.POSTGRESQL_URL || env.DATABASE_URL;
  if (!text) throw new ConfigError('database-url-missing', 'POSTGRESQL_URL is not set');
  let url;
  try {
    url = parsePostgresUrl(text);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    throw new ConfigError('database-url-invalid', `POSTGRESQL_URL cannot be used: ${error.message}`);
  }
  const sslMode = env.DATABASE_SSL_MODE || url.sslMode || 'preferred';
  if (!SSL_MODES.includes(sslMode)) {
    throw new ConfigError('database-ssl-mode-invalid', `DATABASE_SSL_MODE must be one of ${SSL_MODES.join(', ')}`);
  }
  return {
    ...url,
    sslMode,
    schema: env.DATABASE_SCHEMA || url.schema || 'public',
    timeoutMs: wholeNumber(env.DATABASE_CONNECT_TIMEOUT_MS, 10000),
  };
}

function wholeNumber(text, fallback) {
  return /^[0-9]{1,7}$/.test(text ?? '') ? Number(text) : fallback;
}

function inApp(file) {
  return path.resolve(APP_DIR, file);
}

/*
 * Returns {port, trustedProxies, retry, envSecret, authSecret, forestUrl, database, schemaFile, customizeFile,
 * secrets, problem}. With a `problem`, the fields it is about are unusable; port and secrets always are usable.
 */
function readConfig(env) {
  const config = {
    port: wholeNumber(env.PORT, 3000),
    trustedProxies: wholeNumber(env.TRUSTED_PROXIES, 2),
    retry: { firstMs: wholeNumber(env.RETRY_FIRST_MS, 1000), maxMs: wholeNumber(env.RETRY_MAX_MS, 30000) },
    envSecret: env.FOREST_ENV_SECRET,
    authSecret: env.FOREST_AUTH_SECRET,
    schemaFile: inApp(env.FOREST_SCHEMA_FILE || '.forestadmin-schema.json'),
    customizeFile: inApp(env.FOREST_CUSTOMIZE_FILE || 'forest/customize.js'),
    problem: null,
  };
  config.secrets = [env.FOREST_ENV_SECRET, env.FOREST_AUTH_SECRET];
  for (const url of [env.POSTGRESQL_URL, env.DATABASE_URL]) if (url) config.secrets.push(...passwordCandidates(url));
  try {
    checkEnvSecret(config.envSecret);
    checkAuthSecret(config.authSecret);
    config.forestUrl = readForestUrl(env.FOREST_SERVER_URL || 'https://api.forestadmin.com');
    config.database = readDatabase(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    config.problem = { cause: error.cause, message: error.message };
  }
  return config;
}

module.exports = { readConfig };
