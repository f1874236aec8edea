// SPDX-License-Identifier: MIT
'use strict';

/* The pure parts: no process, no network. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { APP } = require('./support/backend');

const load = name => require(path.join(APP, 'src', name));
const { causeOf, CausedError, describe: text } = load('cause');
const { readConfig } = load('config');
const { clientAddress } = load('forwarded');
const { createLog } = load('log');
const { parsePostgresUrl, passwordCandidates, UrlError } = load('postgres-url');
const { chooseSchema } = load('schema');
const { createScrub } = load('scrub');

const SECRET = 'ab01'.repeat(16);
const URL_OK = 'postgres://u:p@db.example:5433/shop';
const COMPLETE = { FOREST_ENV_SECRET: SECRET, FOREST_AUTH_SECRET: 'x'.repeat(48), POSTGRESQL_URL: URL_OK };
const environment = more => ({ ...COMPLETE, ...more });
const coded = (code, message = 'm') => Object.assign(new Error(message), { code });
const status = number => Object.assign(new Error('m'), { status: number });

describe('configuration', () => {
  test('a complete environment has no problem, and the documented defaults', () => {
    const config = readConfig(environment());
    assert.equal(config.problem, null);
    assert.equal(config.port, 3000);
    assert.equal(config.trustedProxies, 2);
    assert.equal(config.forestUrl, 'https://api.forestadmin.com');
    assert.deepEqual(config.retry, { firstMs: 1000, maxMs: 30000 });
    assert.equal(config.database.sslMode, 'preferred');
    assert.equal(config.database.schema, 'public');
  });

  const problems = [
    ['env-secret-missing', { FOREST_ENV_SECRET: undefined }],
    ['env-secret-invalid', { FOREST_ENV_SECRET: SECRET.toUpperCase() }, /upper case/],
    ['env-secret-invalid', { FOREST_ENV_SECRET: `${SECRET}\n` }, /white space/],
    ['env-secret-invalid', { FOREST_ENV_SECRET: 'a'.repeat(48) }, /has 48 characters/],
    ['auth-secret-missing', { FOREST_AUTH_SECRET: '' }],
    ['forest-url-invalid', { FOREST_SERVER_URL: 'ftp://x' }],
    ['database-url-missing', { POSTGRESQL_URL: undefined }],
    ['database-url-invalid', { POSTGRESQL_URL: 'mysql://u:p@h/d' }],
    ['database-ssl-mode-invalid', { DATABASE_SSL_MODE: 'yes' }],
  ];
  for (const [cause, change, why] of problems) {
    test(`${cause} for ${JSON.stringify(change)}`, () => {
      const { problem } = readConfig(environment(change));
      assert.equal(problem?.cause, cause);
      assert.match(problem.message, why ?? /./);
    });
  }

  test('DATABASE_URL is read when POSTGRESQL_URL is absent; DATABASE_SSL_MODE wins over the URL', () => {
    const DATABASE_URL = `${URL_OK}?sslmode=disable`;
    const change = { POSTGRESQL_URL: undefined, DATABASE_URL, DATABASE_SSL_MODE: 'verify' };
    assert.equal(readConfig(environment(change)).database.sslMode, 'verify');
  });
});

describe('POSTGRESQL_URL', () => {
  test('its parts are decoded, also a bare percent sign and an IPv6 host', () => {
    const url = parsePostgresUrl('postgresql://a%40b:p%40s%25%zz@[::1]/my%20db?application_name=x&sslcert=c');
    const { host, port, database, user, password } = url;
    assert.deepEqual([host, port, database, user, password], ['::1', 5432, 'my db', 'a@b', 'p@s%%zz']);
    assert.deepEqual(url.parameters, { application_name: 'x' });
    assert.deepEqual(url.ignored, ['sslcert']);
  });

  test('sslmode keeps the meaning that libpq gives it', () => {
    const mode = sslmode => parsePostgresUrl(`${URL_OK}?sslmode=${sslmode}`).sslMode;
    assert.deepEqual(['disable', 'prefer', 'require', 'verify-full'].map(mode),
      ['disabled', 'preferred', 'required', 'verify']);
  });

  const bad = ['u:p@CANARY/w:rd@host/db', 'u:CANARY/x@host/db', 'u:CANARY#x@host/db', 'u:CANARY?x@host/db',
    'u:CANARY@host', 'u:CANARY@/db', 'u:CANARY@host:port/db', 'u:CANARY%ff@host/db', 'u:CANARY x@host/db',
    'u:CANARY@host/db?sslmode=maybe', 'host/db', ':CANARY@host/db'];
  for (const rest of bad) {
    test(`postgres://${rest} is refused, without repeating it`, () => {
      assert.throws(() => parsePostgresUrl(`postgres://${rest}`),
        error => error instanceof UrlError && !error.message.includes('CANARY'));
    });
  }

  test('what is no URL at all is refused', () => {
    for (const url of ['CANARY', '', 'mysql://u:p@h/d']) assert.throws(() => parsePostgresUrl(url), UrlError);
  });
});

describe('scrubbing', () => {
  const url = 'postgres://u:p%40ss%2Fw%3Ard@host/db';
  const scrub = createScrub([SECRET, 'auth "quoted" secret', ...passwordCandidates(url)]);
  const leaks = [SECRET, SECRET.toUpperCase(), 'auth "quoted" secret', 'auth \\"quoted\\" secret',
    'auth%20%22quoted%22%20secret',
    'p@ss/w:rd', 'p%40ss%2Fw%3Ard', 'p%40ss%2fw%3ard', url];
  for (const leak of leaks) {
    test(`removes ${leak}`, () => {
      assert.equal(scrub(`before ${leak} after`), 'before *** after');
    });
  }

  test('removes user:password from any other URL', () => {
    assert.equal(scrub('proxy http://me:it@proxy:80 failed'), 'proxy http://***@proxy:80 failed');
  });

  test('a short secret goes as a word, and leaves other words alone', () => {
    assert.equal(createScrub(['ab'])('about ab, "ab"'), 'about ***, "***"');
  });

  test('the pieces of a malformed URL that a parser may take for a host go too', () => {
    const pieces = passwordCandidates('postgres://u:p@host-piece/w:rd@host/db');
    assert.equal(createScrub(pieces)('getaddrinfo ENOTFOUND host-piece'), 'getaddrinfo ENOTFOUND ***');
  });

  test('a log line stays one line without control characters', () => {
    const lines = [];
    createLog(scrub, line => lines.push(line)).warn(`a\n\u001b[31mb\r\n${SECRET}`);
    assert.deepEqual(lines, ['warning: a [31mb ***\n']);
  });
});

describe('causes', () => {
  const table = [
    ['database', coded('28P01'), 'database-auth'],
    ['database', coded('28000', 'no pg_hba.conf entry for host "h", no encryption'), 'database-tls'],
    ['database', coded('28000', 'no pg_hba.conf entry for host "h", SSL encryption'), 'database-auth'],
    ['database', coded('3D000'), 'database-missing'],
    ['database', coded('53300'), 'database-busy'],
    ['database', coded('42501'), 'database-permission'],
    ['database', coded('ENOTFOUND'), 'database-host-unknown'],
    ['database', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'database-tls'],
    ['database', new Error('timeout expired'), 'database-unreachable'],
    ['database', new AggregateError([coded('ECONNREFUSED')], ''), 'database-unreachable'],
    ['database', Object.assign(new Error('wrapped'), { parent: coded('53300') }), 'database-busy'],
    ['database', coded('XX000'), 'database-error'],
    ['forest', status(404), 'forest-secret-unknown'],
    ['forest', status(401), 'forest-secret-unknown'],
    ['forest', status(403), 'forest-forbidden'],
    ['forest', status(503), 'forest-maintenance'],
    ['forest', status(408), 'forest-unreachable'],
    ['forest', status(502), 'forest-unreachable'],
    ['forest', status(500), 'forest-error'],
    ['forest', coded('ENOTFOUND'), 'forest-unreachable'],
    ['forest', coded('ECONNREFUSED'), 'forest-unreachable'],
    ['forest', new Error('Forest Admin server TLS certificate cannot be verified.'), 'forest-tls'],
    ['forest', new Error('collection "x" not found'), 'agent-failed'],
    ['forest', new CausedError('customize-failed', 'm'), 'customize-failed'],
  ];
  for (const [stage, error, cause] of table) {
    test(`${stage}: ${error.code ?? error.status ?? text(error)} is ${cause}`, () => {
      assert.equal(causeOf(stage, error), cause);
    });
  }

  test('every word that the sources use is explained in the README', () => {
    const readme = fs.readFileSync(path.join(APP, 'README.md'), 'utf8');
    const directory = path.join(APP, 'src');
    const sources = fs.readdirSync(directory).map(file => fs.readFileSync(path.join(directory, file), 'utf8'));
    const form = /'(?:env|auth|database|forest|agent|customize)-(?!setup|schema)[a-z-]+'/g;
    const words = new Set(sources.join('\n').match(form));
    assert.ok(words.size > 15);
    for (const word of words) assert.ok(readme.includes(`\`${word.slice(1, -1)}\``), `${word} is not in the README`);
  });

  test('an error without a message of its own is described by what it holds', () => {
    assert.equal(text(new AggregateError([coded('E', 'one'), coded('E', 'two')], '')), 'one; two');
  });
});

describe('X-Forwarded-For', () => {
  const table = [
    ['203.0.113.7, 10.0.1.5', 2, '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7, 10.0.1.5', 2, '203.0.113.7'],
    ['203.0.113.7', 2, '203.0.113.7'],
    ['1.1.1.1, 203.0.113.7:4711', 1, '203.0.113.7'],
    ['[2001:db8::1]:443, 10.0.1.5', 2, '2001:db8::1'],
    ['2001:db8::1, 10.0.1.5', 2, '2001:db8::1'],
    ['1.1.1.1', 0, undefined],
    [undefined, 2, undefined],
    [' , ', 2, undefined],
  ];
  for (const [header, trusted, expected] of table) {
    test(`"${header}" behind ${trusted} proxies is ${expected}`, () => {
      assert.equal(clientAddress(header, trusted), expected);
    });
  }
});

describe('schema file', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'backend-units-'));
  const file = path.join(directory, '.forestadmin-schema.json');

  test('one with collections is sent as shipped', () => {
    fs.writeFileSync(file, '{"collections":[{"name":"a"}]}');
    assert.deepEqual(chooseSchema(file), { path: file, shipped: true, removable: null });
  });

  for (const content of ['', '{', '{"collections":[]}', '{"collections":{"length":3}}', 'null']) {
    test(`"${content}" is not a schema: one is built, elsewhere`, () => {
      fs.writeFileSync(file, content);
      const schema = chooseSchema(file, [directory]);
      assert.equal(schema.shipped, false);
      assert.notEqual(schema.path, file);
      assert.ok(fs.existsSync(path.dirname(schema.path)));
    });
  }

  test('the next directory is taken when one is not writable, and /dev/null when none is', () => {
    fs.rmSync(file);
    const next = chooseSchema(file, ['/proc/none', directory]);
    assert.ok(next.path.startsWith(directory));
    assert.equal(chooseSchema(file, ['/proc/none']).path, '/dev/null');
    fs.rmSync(directory, { recursive: true });
  });
});
