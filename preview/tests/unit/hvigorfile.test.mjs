// Runs the module's hvigorfile.ts with stand-ins for hvigor, which is on no registry.
import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import ts from 'ohos-typescript';
import { readJson5 } from '../../checks/json5.mjs';
import { ROOT } from '../../root.mjs';

const TARGETS = readJson5(path.join(ROOT, 'entry/build-profile.json5')).targets.map((target) => target.name);

const NODE = process.execPath;
const { PATH, CARGO_HOME, DEVECO_SDK_HOME } = process.env;

let project;

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'hvigorfile-'));
  // Neither this machine's cargo nor its SDK.
  Object.assign(process.env, { PATH: path.join(project, 'bin'), CARGO_HOME: path.join(project, 'cargo') });
  delete process.env.DEVECO_SDK_HOME;
});

afterEach(() => {
  restore({ PATH, CARGO_HOME, DEVECO_SDK_HOME });
  process.execPath = NODE;
  rmSync(project, { recursive: true });
});

function restore(variables) {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}

function write(name, content) {
  const file = path.join(project, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function read(name) {
  return readFileSync(path.join(project, name), 'utf8');
}

/** The tasks that the hvigorfile registers for a module in the temporary project. */
function registeredTasks() {
  const tasks = [];
  const context = { targets: (visit) => TARGETS.forEach((name) => visit({ getTargetName: () => name })) };
  const node = {
    getNodePath: () => path.join(project, 'entry'),
    getContext: () => context,
    registerTask: (task) => tasks.push(task)
  };
  const standIns = {
    '@ohos/hvigor': { hvigor: { nodesEvaluated: (then) => then() } },
    '@ohos/hvigor-ohos-plugin': { hapTasks: {}, OhosPluginId: {} }
  };
  loadHvigorfile(standIns).plugins.forEach((plugin) => plugin.apply(node));
  return tasks;
}

function loadHvigorfile(standIns) {
  const file = path.join(ROOT, 'entry/hvigorfile.ts');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2021 };
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions });
  const require = createRequire(file);
  const module = { exports: {} };
  new Function('require', 'module', 'exports', outputText)(
    (name) => standIns[name] ?? require(name),
    module,
    module.exports
  );
  return module.exports.default;
}

/** A cargo that notes how it was called and then runs `script`, in the folder that it was called in. */
function installCargo(script, folder = 'bin') {
  const note = `fs.writeFileSync('called', JSON.stringify({ words: process.argv.slice(2), sdk: process.env.DEVECO_SDK_HOME }));`;
  chmodSync(write(`${folder}/cargo`, `#!${NODE}\nconst fs = require('node:fs');\n${note}\n${script}\n`), 0o755);
}

const BUILDS = `for (const abi of ['arm64-v8a', 'x86_64']) {
  fs.mkdirSync('dist/' + abi, { recursive: true });
  fs.writeFileSync('dist/' + abi + '/libsocketkit.so', 'new ' + abi);
}`;

function build() {
  registeredTasks()[0].run();
}

test('every target builds the library before it collects its libraries', () => {
  const order = registeredTasks().map((task) => task.postDependencies);
  assert.deepEqual(
    order,
    TARGETS.map((name) => [`${name}@ProcessLibs`])
  );
});

test('the library of each ABI is built and copied', () => {
  installCargo(BUILDS);
  build();
  assert.deepEqual(JSON.parse(read('called')).words, ['xtask', 'ohos']);
  assert.equal(read('entry/libs/arm64-v8a/libsocketkit.so'), 'new arm64-v8a');
  assert.equal(read('entry/libs/x86_64/libsocketkit.so'), 'new x86_64');
});

test('an older build that was linked to the copied library keeps its own', () => {
  installCargo(BUILDS);
  linkSync(write('entry/libs/arm64-v8a/libsocketkit.so', 'old'), path.join(project, 'linked.so'));
  build();
  assert.equal(read('entry/libs/arm64-v8a/libsocketkit.so'), 'new arm64-v8a');
  assert.equal(read('linked.so'), 'old');
});

test('cargo is found where rustup puts it, whatever the search path', () => {
  installCargo(BUILDS, 'cargo/bin');
  build();
  assert.equal(read('entry/libs/x86_64/libsocketkit.so'), 'new x86_64');
});

test('without cargo the build stops and says what to install', () => {
  assert.throws(build, /needs Rust.*Install Rust with rustup, as docs\/devices\.md says/);
});

test('a failed build says why, without what came before', () => {
  installCargo(`console.error('warning: unused\\nerror: no SDK: install DevEco Studio'); process.exit(1);`);
  assert.throws(build, {
    message: 'The native module could not be built: "cargo xtask ohos" says error: no SDK: install DevEco Studio'
  });
});

test('the SDK of the DevEco Studio whose Node runs the build is the one that is used', () => {
  installCargo(BUILDS);
  mkdirSync(path.join(project, 'DevEco/sdk/default/openharmony/native'), { recursive: true });
  process.execPath = path.join(project, 'DevEco/tools/node/bin/node');
  build();
  assert.equal(JSON.parse(read('called')).sdk, path.join(project, 'DevEco/sdk'));
});
