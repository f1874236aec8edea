// SPDX-License-Identifier: MIT
'use strict';

/*
 * A real PostgreSQL of our own: initdb in a temporary directory, a free port on loopback, TLS with a certificate
 * nobody trusts, password login. PostgreSQL refuses to run as root, so as root it runs as another user.
 */

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { until } = require('./wait');

const SQL = fs.readFileSync(path.join(__dirname, 'storefront.sql'), 'utf8');
const HBA = `local all admin trust
hostssl all tlsonly all scram-sha-256
host all forest,other all scram-sha-256
`;
const PASSWORD = 'p@ss/w:rd#%CANARY';

function findBinaries() {
  const candidates = [process.env.PG_BINDIR];
  const debian = '/usr/lib/postgresql';
  if (fs.existsSync(debian)) {
    const versions = fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a));
    candidates.push(...versions.map(version => path.join(debian, version, 'bin')));
  }
  candidates.push(...(process.env.PATH ?? '').split(':'));
  const found = candidates.find(dir => dir && fs.existsSync(path.join(dir, 'initdb')));
  if (!found) throw new Error('PostgreSQL is not installed (no initdb in PG_BINDIR, /usr/lib/postgresql or PATH)');
  return found;
}

/* {uid, gid} for child processes when we are root, else {}. */
function unprivileged() {
  if (process.getuid() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    try {
      const number = flag => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: number('-u'), gid: number('-g') };
    } catch {
      // No such user here.
    }
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody');
}

async function freePort() {
  const server = net.createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

class Postgres {
  static async start() {
    const postgres = new Postgres();
    await postgres.create();
    await postgres.run();
    postgres.sql('postgres', SQL_ROLES);
    postgres.sql('storefront', SQL);
    return postgres;
  }

  async create() {
    this.bin = findBinaries();
    this.sessions = new Set();
    this.as = unprivileged();
    this.port = await freePort();
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'backend-pg-'));
    if (this.as.uid) fs.chownSync(this.home, this.as.uid, this.as.gid);
    this.data = path.join(this.home, 'data');
    const options = { ...this.as, cwd: this.home, stdio: ['ignore', 'ignore', 'pipe'] };
    execFileSync(path.join(this.bin, 'initdb'), ['-D', this.data, '-U', 'admin', '-A', 'trust', '-E', 'UTF8',
      '--locale=C', '--no-sync'], options);
    execFileSync('openssl', ['req', '-new', '-x509', '-days', '2', '-nodes', '-subj', '/CN=not-this-host', '-newkey',
      'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', path.join(this.data, 'server.key'), '-out',
      path.join(this.data, 'server.crt')], options);
    fs.chmodSync(path.join(this.data, 'server.key'), 0o600);
    // The user "tlsonly" stands for RDS with rds.force_ssl.
    fs.writeFileSync(path.join(this.data, 'pg_hba.conf'), HBA);
  }

  async run(changed = {}) {
    const settings = { port: this.port, listen_addresses: '127.0.0.1', unix_socket_directories: this.home, ssl: 'on',
      fsync: 'off', shared_buffers: '16MB', log_min_messages: 'fatal', ...changed };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.process = spawn(path.join(this.bin, 'postgres'), ['-D', this.data, ...flags], { ...this.as, cwd: this.home,
      stdio: 'ignore' });
    await until('PostgreSQL accepts connections', () => {
      try {
        this.sql('postgres', 'SELECT 1');
        return true;
      } catch {
        return false;
      }
    });
  }

  /* Over the socket file, as the superuser. Returns the rows as text. */
  sql(database, text) {
    const args = ['-h', this.home, '-p', String(this.port), '-U', 'admin', '-d', database, '-XAtq', '-v',
      'ON_ERROR_STOP=1', '-f', '-'];
    return execFileSync(path.join(this.bin, 'psql'), args, { ...this.as, cwd: this.home, input: text,
      encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trim();
  }

  /* A session that stays open: say() sends SQL, end() closes it, which ends its transaction. */
  session(database) {
    const args = ['-h', this.home, '-p', String(this.port), '-U', 'admin', '-d', database, '-Xq'];
    const stdio = ['pipe', 'ignore', 'ignore'];
    const child = spawn(path.join(this.bin, 'psql'), args, { ...this.as, cwd: this.home, stdio });
    this.sessions.add(child);
    child.once('close', () => this.sessions.delete(child));
    const closed = new Promise(resolve => child.once('close', resolve));
    return {
      say: text => child.stdin.write(`${text}\n`),
      end: () => {
        child.stdin.end();
        return closed;
      },
    };
  }

  /* How many connections a program with this application_name holds. */
  connections(name) {
    return Number(this.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE application_name = '${name}'`));
  }

  url({ user = 'forest', password = PASSWORD, database = 'storefront', query = '' } = {}) {
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}${query}`;
  }

  async halt() {
    const ended = new Promise(resolve => this.process.once('exit', resolve));
    // SIGINT is "fast": sessions are ended.
    this.process.kill('SIGINT');
    await ended;
  }

  async stop() {
    for (const child of this.sessions) child.kill();
    if (this.process.exitCode === null) await this.halt();
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

const SQL_ROLES = `
CREATE DATABASE storefront;
CREATE DATABASE hollow;
CREATE ROLE forest LOGIN PASSWORD '${PASSWORD}';
CREATE ROLE tlsonly LOGIN PASSWORD '${PASSWORD}';
`;

module.exports = { Postgres, PASSWORD, freePort };
