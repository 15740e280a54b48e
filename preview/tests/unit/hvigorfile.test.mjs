// Runs the module's hvigorfile.ts with stand-ins for hvigor, which is on no registry.
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import ts from 'ohos-typescript';
import { readJson5 } from '../../checks/json5.mjs';
import { ROOT } from '../../root.mjs';

const TARGETS = readJson5(path.join(ROOT, 'entry/build-profile.json5')).targets.map((target) => target.name);

let project;

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'hvigorfile-'));
});

afterEach(() => rmSync(project, { recursive: true }));

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

test('every target copies the library before it collects its libraries', () => {
  const order = registeredTasks().map((task) => task.postDependencies);
  assert.deepEqual(
    order,
    TARGETS.map((name) => [`${name}@ProcessLibs`])
  );
});

test('the library of each ABI is copied', () => {
  write('dist/arm64-v8a/libsocketkit.so', 'phone');
  write('dist/x86_64/libsocketkit.so', 'emulator');
  registeredTasks()[0].run();
  assert.equal(read('entry/libs/arm64-v8a/libsocketkit.so'), 'phone');
  assert.equal(read('entry/libs/x86_64/libsocketkit.so'), 'emulator');
});

test('an older build that was linked to the copied library keeps its own', () => {
  write('dist/arm64-v8a/libsocketkit.so', 'new');
  linkSync(write('entry/libs/arm64-v8a/libsocketkit.so', 'old'), path.join(project, 'linked.so'));
  registeredTasks()[0].run();
  assert.equal(read('entry/libs/arm64-v8a/libsocketkit.so'), 'new');
  assert.equal(read('linked.so'), 'old');
});

test('a library that is not built any more is packed no more', () => {
  write('dist/arm64-v8a/libsocketkit.so', 'phone');
  write('entry/libs/x86_64/libsocketkit.so', 'old');
  registeredTasks()[0].run();
  assert.throws(() => read('entry/libs/x86_64/libsocketkit.so'), { code: 'ENOENT' });
});

test("without the phone's library the build stops and says what to run", () => {
  write('dist/x86_64/libsocketkit.so', 'emulator');
  assert.throws(() => registeredTasks()[0].run(), /native module is not built.*cargo xtask ohos/);
});
