// The parts of hvigor that entry/hvigorfile.ts uses; hvigor is on no registry. Names and signatures are those of its declarations;
// unknown names and rejected arguments fail here, too.
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'ohos-typescript';

const PLUGINS = { OHOS_APP_PLUGIN: 'ohosAppPlugin', OHOS_HAP_PLUGIN: 'ohosHapPlugin' };

/** Returns an object that throws when unknown members are read. */
function strict(name, object) {
  const get = (target, key) => {
    if (typeof key === 'string' && !(key in target)) {
      throw new TypeError(`${name} has no ${key}`);
    }
    return target[key];
  };
  return new Proxy(object, { get });
}

/** Loads the module as built: without types, with its imports. */
function load(file, modules) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2021 };
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions });
  const require = createRequire(file);
  const module = { exports: {} };
  const resolve = (name) => modules[name] ?? require(name);
  new Function('require', 'module', 'exports', outputText)(resolve, module, module.exports);
  return module.exports.default;
}

export class FakeHvigor {
  /** Files that the built-in tasks found in `libs`, by target. */
  packed = new Map();
  #tasks = new Map();
  #evaluated = [];

  /** @param options project, targets, readers: the built-in tasks of a target, hasLateTasks: whether those are there only behind
   * what `nodesEvaluated` was given, buildMode, parameters: `-p`, modules: stand-ins for those of Node */
  constructor(options) {
    this.options = { buildMode: 'debug', parameters: {}, readers: () => ['ProcessLibs', 'PackageHap'], ...options };
  }

  /** Reads a module's hvigorfile and lets its plugins register their tasks, as at the start of each build. */
  evaluate(file) {
    const hvigor = strict('hvigor', {
      nodesEvaluated: (then) => this.#evaluated.push(then),
      getParameter: () => strict('Parameter', { getExtParam: (key) => this.options.parameters[key] })
    });
    const plugin = { hapTasks: {}, OhosPluginId: strict('OhosPluginId', PLUGINS) };
    const modules = { ...this.options.modules, '@ohos/hvigor': { hvigor }, '@ohos/hvigor-ohos-plugin': plugin };
    const { plugins } = load(file, modules);
    plugins.forEach((plugin) => plugin.apply(this.#node()));
    // Tasks of targets exist only after this.
    const steps = [() => this.#addBuiltIn(), () => this.#evaluated.forEach((then) => then())];
    (this.options.hasLateTasks ? steps.reverse() : steps).forEach((step) => step());
    return this;
  }

  #addBuiltIn() {
    const { targets, readers } = this.options;
    for (const target of targets) {
      for (const reader of readers(target)) {
        this.#tasks.set(`${target}@${reader}`, { run: () => this.#processLibs(target), postDependencies: [], dependencies: [] });
      }
    }
  }

  get registered() {
    return [...this.#tasks].filter(([, task]) => task.isRegistered).map(([name, task]) => [name, task.postDependencies]);
  }

  /** Builds targets in parallel: tasks wait for their predecessors, and fail with them. */
  async assemble(...targets) {
    this.#tasks.forEach((task, name) => this.#checkNames(name, task));
    await Promise.all(
      targets.map(async (target) => {
        for (const name of this.options.readers(target).map((reader) => `${target}@${reader}`)) {
          const before = [...this.#tasks.values()].filter((task) => task.postDependencies.includes(name));
          await Promise.all(before.map((task) => task.run({ moduleName: 'entry', modulePath: this.#module })));
          await this.#tasks.get(name).run();
        }
      })
    );
  }

  get #module() {
    return path.join(this.options.project, 'entry');
  }

  #node() {
    const { targets } = this.options;
    const visit = (each) => targets.forEach((name) => each(strict('Target', { getTargetName: () => name })));
    const app = strict('OhosAppContext', { getBuildMode: () => this.options.buildMode });
    const hap = strict('OhosHapContext', { targets: visit });
    const contextOf = (id, context) => (asked) => (asked === id ? context : undefined);
    const parent = strict('HvigorNode', { getContext: contextOf(PLUGINS.OHOS_APP_PLUGIN, app) });
    return strict('HvigorNode', {
      getNodePath: () => this.#module,
      getParentNode: () => parent,
      getContext: contextOf(PLUGINS.OHOS_HAP_PLUGIN, hap),
      getTaskByName: (name) => this.#tasks.get(name),
      registerTask: (task) => this.#register(task)
    });
  }

  #register({ name, run, dependencies, postDependencies, ...unknown }) {
    if (this.#tasks.has(name) || Object.keys(unknown).length > 0) {
      throw new Error(`${name} cannot be registered`);
    }
    // Functions are accepted, and never called. Tasks may be named before they exist, as hvigor-cargo does.
    const after = Array.isArray(postDependencies) ? postDependencies : [];
    this.#tasks.set(name, { run, postDependencies: after, dependencies, isRegistered: true });
  }

  #checkNames(name, { postDependencies, dependencies }) {
    const missing = [...postDependencies, ...dependencies].find((other) => !this.#tasks.has(other));
    if (missing !== undefined) {
      throw new Error(`${name} names ${missing}, which is no task`);
    }
  }

  /** hvigor hard-links the files in `libs`. */
  #processLibs(target) {
    const libs = path.join(this.#module, 'libs');
    const folders = existsSync(libs) ? readdirSync(libs) : [];
    const abis = folders.filter((abi) => existsSync(path.join(libs, abi, 'libsocketkit.so')));
    for (const abi of abis) {
      const linked = path.join(this.#module, 'build', target, abi, 'libsocketkit.so');
      mkdirSync(path.dirname(linked), { recursive: true });
      rmSync(linked, { force: true });
      linkSync(path.join(libs, abi, 'libsocketkit.so'), linked);
    }
    this.packed.set(target, abis);
  }
}
