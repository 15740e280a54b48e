import { EventEmitter } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildApp } from '../arkts/build.mjs';
import { appLabel, bundleOf, fontScaleMax } from '../arkts/resource-table.mjs';
import { readTargets } from '../checks/target.mjs';
import { App } from './app.mjs';
import { windowOn, windowTraits } from './device.mjs';
import { faultText } from './fault-text.mjs';
import { Pasteboard } from './pasteboard.mjs';

const NAMES = ['server', 'client'];
const SUSPEND_DELAY_MS = 180_000;

const SETTINGS = {
  revision: 0,
  language: 'en-US',
  dark: false,
  fontScale: 1,
  screenReader: false,
  width: 360,
  height: 780,
  /** The side of the camera: '' for the top, 'left' or 'right' of a phone that lies. */
  cutout: '',
  density: 3,
  keyboard: false
};

/**
 * The phone: both apps, and what its user has set. Emits `change` when an app's state or a setting changes, `message`
 * with what an app has for its screens.
 */
export class Phone extends EventEmitter {
  settings = { ...SETTINGS };
  suspendDelayMs = SUSPEND_DELAY_MS;
  /** Why an app cannot be built; by its name. */
  faults = {};
  #files = {};
  #traits = {};
  #folder;
  #dataFolder;
  #library;

  /**
   * `folder` is for what is built, `dataFolder` for what the apps store, `library` the native module; `targets` are the
   * apps.
   */
  constructor({ folder, dataFolder, library, targets = readTargets() }) {
    super();
    this.#folder = folder;
    this.#dataFolder = dataFolder;
    this.#library = library;
    this.targets = Object.fromEntries(
      targets
        .filter((target) => NAMES.includes(target.name))
        .map((target) => [target.name, target])
    );
    Object.keys(this.targets).forEach((name) => this.#readTraits(name));
    this.pasteboard = new Pasteboard();
    this.apps = Object.fromEntries(NAMES.map((name) => [name, this.#createApp(name)]));
  }

  #createApp(name) {
    const app = new App(name, () => this.#describe(name), this.pasteboard);
    app.on('state', () => this.emit('change'));
    app.on('message', (message) => this.emit('message', name, message));
    return app;
  }

  #describe(name) {
    const dataFolder = this.#dataFolderOf(name);
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    return {
      library: this.#library,
      dataFolder,
      ...bundleOf(this.targets[name]),
      abilityName: 'EntryAbility',
      suspendDelayMs: this.suspendDelayMs,
      configuration: this.#asAppSees(name, this.settings)
    };
  }

  /** Builds an app and starts it anew; a fault of its sources is kept for the screens instead. */
  async install(name) {
    try {
      this.#readTraits(name);
      this.#files[name] = await buildApp(this.targets[name], path.join(this.#folder, name));
      delete this.faults[name];
    } catch (error) {
      this.faults[name] = faultText(error);
      console.error(this.faults[name]);
    }
    await this.apps[name].kill();
    this.start(name);
    this.emit('change');
  }

  /** Starts an app anew, without anything that it has stored. */
  async reinstall(name) {
    await this.apps[name].kill();
    rmSync(this.#dataFolderOf(name), { recursive: true, force: true });
    this.start(name);
  }

  #dataFolderOf(name) {
    return path.join(this.#dataFolder, name);
  }

  start(name) {
    if (!this.faults[name] && this.#files[name]) {
      this.apps[name].start(this.#files[name]);
    }
  }

  configure(changes) {
    Object.assign(this.settings, changes);
    Object.values(this.apps).forEach((app) => {
      app.tell({ type: 'configure', changes: this.#asAppSees(app.name, changes) });
    });
    this.emit('change');
  }

  /** Fonts follow the system's size as far as the apps' configuration says, windows turn as far as their ability does. */
  #asAppSees(name, changes) {
    const seen = { ...changes };
    if ('fontScale' in changes) {
      seen.fontScale = Math.min(changes.fontScale, fontScaleMax());
    }
    if ('width' in changes) {
      const { width, height } = this.#windowOf(name);
      Object.assign(seen, { width, height });
    }
    return seen;
  }

  #windowOf(name) {
    return windowOn(this.settings, this.#traits[name]);
  }

  #readTraits(name) {
    this.#traits[name] = windowTraits(this.targets[name]);
  }

  /** How long an app may go on in the background from now on, whether it is refused, and whether its connections are cut. */
  setSuspendPolicy({ delayMs, refuses, cutsConnections }) {
    this.suspendDelayMs = delayMs;
    Object.values(this.apps).forEach((app) => {
      app.cutsConnections = cutsConnections;
      app.tell({ type: 'suspendPolicy', delayMs, refuses });
    });
  }

  /** What the desk and the screens show. */
  describe() {
    const describeApp = (app) => ({
      state: app.state,
      pid: app.pid,
      isDelayed: app.isDelayed,
      fault: this.faults[app.name],
      window: this.#windowOf(app.name),
      ...appLabel(this.targets[app.name])
    });
    const apps = Object.entries(this.apps).map(([name, app]) => [name, describeApp(app)]);
    return { settings: this.settings, fontScale: Math.min(this.settings.fontScale, fontScaleMax()), apps: Object.fromEntries(apps) };
  }

  async shutDown() {
    await Promise.all(Object.values(this.apps).map((app) => app.kill()));
  }
}
