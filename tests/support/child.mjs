import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Condition } from './condition.mjs';

/** Returns the command that runs a script in a Node that can load the module under test. */
function scriptCommand(url, ...scriptArguments) {
  const node = JSON.parse(process.env.SOCKETKIT_NODE ?? JSON.stringify([process.execPath]));
  return [...node, fileURLToPath(url), ...scriptArguments];
}

/** Returns the same command with a limit of `descriptors`. */
function limited(command, descriptors) {
  return ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command];
}

/** A Node process, which exchanges JSON lines with this one over its standard streams. */
export class Child {
  #process;
  #condition = new Condition();
  #said = [];
  #errorText = '';
  #end = null;

  /** Starts the script at the file URL `url`. */
  static ofScript(url, ...scriptArguments) {
    return new Child(scriptCommand(url, ...scriptArguments));
  }

  /** Starts the script at the file URL `url` with at most `descriptors` descriptors. */
  static withDescriptors(descriptors, url) {
    return new Child(limited(scriptCommand(url), descriptors));
  }

  /** Starts a program. */
  constructor([program, ...programArguments]) {
    this.#process = spawn(program, programArguments);
    this.#process.on('error', ({ message }) => this.#finish({ fault: message }));
    this.#process.on('close', (code, signal) => this.#finish({ code, signal }));
    // An ended child reads no more: its exit code gives the reason, a broken pipe does not.
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.on('data', (chunk) => {
      this.#errorText += chunk;
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#hear(line));
  }

  get pid() {
    return this.#process.pid;
  }

  /** Its standard error so far. */
  get errorText() {
    return this.#errorText;
  }

  /** Writes a JSON line to its standard input: a command with options. */
  tell(command, options = {}) {
    this.#process.stdin.write(`${JSON.stringify({ command, ...options })}\n`);
  }

  /** Closes its input, so that only open sockets keep it alive. */
  leave() {
    this.#process.stdin.end();
  }

  /**
   * Resolves with the next line with this `event`. Rejects when the process exits before, or reports that a command failed.
   */
  async hear(event, milliseconds) {
    const what = `"${event}" from process ${this.pid}`;
    await this.#condition.until(what, () => this.#isSaid(event), milliseconds);
    return this.#take(event);
  }

  /** Resolves with its exit: `{code, signal}`. */
  async ended(milliseconds) {
    await this.#condition.until(`the end of process ${this.pid}`, () => this.#end, milliseconds);
    return this.#end;
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  #hear(line) {
    this.#said.push(JSON.parse(line));
    this.#condition.changed();
  }

  #finish(end) {
    this.#end ??= end;
    this.#condition.changed();
  }

  #take(event) {
    const index = this.#said.findIndex((line) => line.event === event);
    return index < 0 ? undefined : this.#said.splice(index, 1)[0];
  }

  #isSaid(event) {
    if (this.#said.some((line) => line.event === event)) return true;
    const failed = this.#take('failed');
    if (failed) throw new Error(`process ${this.pid} could not ${failed.command}: ${failed.message}`);
    if (this.#end) throw new Error(`process ${this.pid} ${this.#fate()} before it said "${event}"`);
    return false;
  }

  #fate() {
    const { code, signal, fault } = this.#end;
    if (fault) return `could not be started (${fault})`;
    const how = signal ? `was ended by ${signal}` : `ended with status ${code}`;
    return this.#errorText ? `${how} (${this.#errorText.trim()})` : how;
  }
}

function killAfter(t, child) {
  t.after(() => {
    child.kill();
    return child.ended();
  });
  return child;
}

/** Starts a child that is killed after the test. */
export function startChild(t, url, ...scriptArguments) {
  return killAfter(t, Child.ofScript(url, ...scriptArguments));
}

/** Starts a program that is killed after the test. */
export function startProgram(t, command) {
  return killAfter(t, new Child(command));
}

/** Starts a child with at most `descriptors` descriptors, killed after the test. */
export function startChildWithDescriptors(t, descriptors, url) {
  return killAfter(t, Child.withDescriptors(descriptors, url));
}
