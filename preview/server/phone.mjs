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
  /** Side of the camera: '' for the top, 'left' or 'right' in landscape. */
  cutout: '',
  density: 3,
  keyboard: false
};

/**
 * The phone: both apps, and the user's settings. Emits `change` when an app's state or a setting changes, `message` with an app's message
 * for its screens.
 */
export class Phone extends EventEmitter {
  settings = { ...SETTINGS };
  suspendDelayMs = SUSPEND_DELAY_MS;
  /** Build errors, by app name. */
  faults = {};
  #files = {};
  #traits = {};
  #folder;
  #dataFolder;
  #library;

  /**
   * `folder` is for builds, `dataFolder` for stored data of the apps, `library` the native module; `targets` are the apps.
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

  /** Builds an app and restarts it; keeps a build error for the screens instead. */
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

  /** Restarts an app without its stored data. */
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

  /** Limits the font scale to that of the apps' configuration, and rotates windows as their ability allows. */
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

  /** Sets the time of apps in the background from now on, whether it is refused, and whether connections are reset. */
  setSuspendPolicy({ delayMs, refuses, cutsConnections }) {
    this.suspendDelayMs = delayMs;
    Object.values(this.apps).forEach((app) => {
      app.cutsConnections = cutsConnections;
      app.tell({ type: 'suspendPolicy', delayMs, refuses });
    });
  }

  /** Returns the state for the desk and the screens. */
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
