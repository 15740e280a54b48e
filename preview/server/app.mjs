import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { resetConnections } from './connections.mjs';
import { Suspension } from './suspension.mjs';

/** Folder for the coverage of the apps' processes; set by tests. */
const COVERAGE = process.env.PREVIEW_COVERAGE;

/** Time limit of an app's own exit. */
const END_MS = 3000;

/**
 * One of the two apps, with its process. States: `stopped`, `running`, `background`, `suspended`. Emits `state`, and `message` with the
 * app's messages for its screens.
 */
export class App extends EventEmitter {
  #child;
  #suspension = new Suspension(
    (requestId) => this.#tell({ type: 'suspendExpiring', requestId }),
    () => this.#suspend()
  );
  state = 'stopped';
  /** Whether the system resets the app's connections when it suspends it. */
  cutsConnections = false;

  /** `describe` returns the start parameters of the app's process, `pasteboard` is the phone's. */
  constructor(name, describe, pasteboard) {
    super();
    this.name = name;
    this.describe = describe;
    this.pasteboard = pasteboard;
    pasteboard.on('change', () => this.#tell({ type: 'pasteboard', text: pasteboard.text }));
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts the app from the built `file`. */
  start(file) {
    if (this.#child) {
      return;
    }
    const env = { ...process.env, PREVIEW_APP: JSON.stringify(this.describe()) };
    if (COVERAGE) {
      env.NODE_V8_COVERAGE = COVERAGE;
    }
    const child = fork(file, { execArgv: ['--enable-source-maps'], env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message) => this.#hear(message));
    child.on('exit', (code, signal) => this.#gone(code, signal));
    this.#tell({ type: 'pasteboard', text: this.pasteboard.text });
    this.#become('running');
  }

  /** Ends the process at once, as the system does when memory is short. */
  async kill() {
    await this.#saveCoverage();
    if (this.#child) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
  }

  /** Ends the app as its user does, with lifecycle callbacks. */
  async close() {
    if (!this.#child) {
      return;
    }
    const exit = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), END_MS);
    this.#child.kill('SIGCONT');
    this.#tell({ type: 'close' });
    await exit;
    clearTimeout(timer);
  }

  /** Asks for coverage before a kill: a killed process cannot write it. */
  async #saveCoverage() {
    if (COVERAGE && (this.state === 'running' || this.state === 'background')) {
      this.#tell({ type: 'saveCoverage' });
      await Promise.race([once(this, 'coverageSaved'), once(this.#child, 'exit')]);
    }
  }

  toBackground() {
    if (this.state === 'running') {
      this.#become('background');
      this.#tell({ type: 'background' });
    }
  }

  toForeground() {
    if (this.state === 'background' || this.state === 'suspended') {
      this.#suspension.leave();
      this.#child.kill('SIGCONT');
      this.#tell({ type: 'foreground' });
      this.#become('running');
    }
  }

  /** Ends the app's time in the background. */
  expire() {
    this.#suspension.expire();
  }

  /** Sends a message of a screen or of the settings to the app. */
  tell(message) {
    this.#tell(message);
  }

  #tell(message) {
    if (this.#child?.connected) {
      // Ignores the error of an app that has just exited: its exit is reported separately.
      this.#child.send(message, () => {});
    }
  }

  #hear(message) {
    switch (message.type) {
      case 'inBackground':
        this.#suspension.enter();
        break;
      case 'suspendDelay':
        this.#suspension.grant(message.requestId, message.delayMs);
        this.emit('state');
        break;
      case 'cancelSuspendDelay':
        this.#suspension.cancel(message.requestId);
        this.emit('state');
        break;
      case 'pasteboard':
        this.pasteboard.write(message.text);
        break;
      case 'leave':
        this.toBackground();
        break;
      case 'coverageSaved':
        this.emit('coverageSaved');
        break;
      case 'terminate':
        this.close();
        break;
      case 'ended':
        this.#child.disconnect();
        break;
      default:
        this.emit('message', message);
    }
  }

  get isDelayed() {
    return this.#suspension.isDelayed;
  }

  async #suspend() {
    this.#child.kill('SIGSTOP');
    if (this.cutsConnections) {
      await resetConnections(this.#child.pid);
    }
    this.#become('suspended');
  }

  #gone(code, signal) {
    this.#child = undefined;
    this.#suspension.leave();
    this.emit('message', { type: 'gone', code, signal });
    this.#become('stopped');
  }

  #become(state) {
    this.state = state;
    this.emit('state');
  }
}
