// SPDX-License-Identifier: MIT
'use strict';

/*
 * From a listening process to a running agent: configuration, database, Forest, again and again with growing
 * pauses until it works. Owns the state that the 503 answer shows, the database and the agent. start() is called
 * once and settles when the agent runs; stop() may be called at any time.
 */

const { causeOf, describe } = require('./cause');
const { chooseSchema, removeSchema } = require('./schema');

const ERROR_CHARS = 500;
const STREAM_404 = /failed to find the environment related to the envSecret/;

class BringUp {
  /* `slot.router` is what web.js serves under /forest; null means "not ready". */
  constructor({ config, log, scrub, slot }) {
    Object.assign(this, { config, log, scrub, slot });
    this.state = { phase: 'starting', attempts: 0, lastError: null, cause: null };
    this.events = true;
    this.database = null;
    this.schema = null;
    this.agent = null;
    this.busy = false;
    this.stopped = false;
    this.wake = () => {};
  }

  async start() {
    if (this.config.problem) {
      // The environment of a process never changes: trying again would only fill the log.
      const { cause, message } = this.config.problem;
      Object.assign(this.state, { phase: 'failed', attempts: 1, lastError: this.scrub(message), cause });
      this.log.error(`${message} [${cause}]`);
      return;
    }
    const { ignored } = this.config.database;
    if (ignored.length) this.log.warn(`POSTGRESQL_URL: ignored ${ignored.join(', ')}`);
    await this.tryUntilReady();
  }

  async tryUntilReady() {
    if (this.busy) return;
    this.busy = true;
    for (let failures = 0; !this.stopped; failures++) {
      this.state.attempts++;
      if (await this.tryOnce()) break;
      const pauseMs = Math.min(this.config.retry.maxMs, this.config.retry.firstMs * 2 ** Math.min(failures, 20));
      this.log.info(`trying again in ${pauseMs / 1000} s`);
      await this.pause(pauseMs);
    }
    this.busy = false;
  }

  /* Returns whether the agent runs. Never throws. */
  async tryOnce() {
    let stage = 'database';
    try {
      if (!this.database) {
        this.enter('database');
        await this.openDatabase();
      }
      stage = 'forest';
      this.enter('forest');
      await this.startAgent();
      return true;
    } catch (error) {
      this.fail(causeOf(stage, error), describe(error));
      return false;
    }
  }

  /* While an agent runs (its event stream was refused), the phase stays what users see: ready. */
  enter(phase) {
    if (!this.slot.router) this.state.phase = phase;
  }

  async openDatabase() {
    const { openDatabase } = require('./database');
    const database = await openDatabase(this.config.database, this.log);
    if (this.stopped) return database.dataSource.close();
    this.database = database;
    this.log.info(database.summary);
    return undefined;
  }

  async startAgent() {
    const { startAgent } = require('./agent');
    this.schema ??= chooseSchema(this.config.schemaFile);
    const agent = await startAgent({
      config: this.config,
      dataSource: this.database.dataSource,
      schema: this.schema,
      events: this.events,
      log: this.log,
      onStreamRefused: why => this.streamRefused(why),
    });
    await this.agent?.stop();
    this.agent = agent;
    this.slot.router = agent.router;
    Object.assign(this.state, { phase: 'ready', lastError: null, cause: null });
    this.log.info('agent is running');
  }

  fail(cause, message) {
    this.slot.router = null;
    const lastError = this.scrub(message.replace(/\s+/g, ' ')).slice(0, ERROR_CHARS);
    Object.assign(this.state, { phase: 'retrying', lastError, cause });
    this.log.error(`start failed (attempt ${this.state.attempts}): ${lastError} [${cause}]`);
  }

  /*
   * Forest refused the event stream of a running agent: either the secret is dead, or only the stream is. A new
   * start without the stream tells: it fails with the cause, or runs with permissions that are 15 minutes old.
   */
  streamRefused(why) {
    if (!this.events || this.stopped) return;
    this.events = false;
    this.log.warn(`Forest refuses the event stream (${why}); starting the agent again without it`);
    // The logger and the listener that call this are inside the start: let it finish first.
    const again = () => (this.busy ? setTimeout(again, 50).unref() : this.tryUntilReady());
    setImmediate(again);
  }

  /* For the process' uncaughtException and unhandledRejection. The stream's 404 is thrown inside a listener. */
  uncaught(error) {
    if (STREAM_404.test(describe(error))) this.streamRefused('status 404');
    else this.log.error(`unexpected: ${describe(error)}`);
  }

  pause(ms) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async stop() {
    this.stopped = true;
    this.state.phase = 'stopping';
    this.wake();
    await this.agent?.stop();
    await this.database?.dataSource.close();
    removeSchema(this.schema);
  }
}

module.exports = { BringUp };
