// Runs the module's hvigorfile.ts with a fake hvigor and a fake cargo.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { readJson5 } from '../../checks/json5.mjs';
import { ROOT } from '../../root.mjs';
import { FakeHvigor } from './support/fake-hvigor.mjs';

const HVIGORFILE = path.join(ROOT, 'entry/hvigorfile.ts');
const TARGETS = readJson5(path.join(ROOT, 'entry/build-profile.json5')).targets.map((target) => target.name);

const NODE = process.execPath;
const PLATFORM = process.platform;
const KILL = process.kill.bind(process);
const { PATH, CARGO_HOME, DEVECO_SDK_HOME } = process.env;

let project;
let lines;

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'hvigorfile-'));
  // Neither this machine's cargo nor its SDK.
  Object.assign(process.env, { PATH: path.join(project, 'bin'), CARGO_HOME: path.join(project, 'cargo') });
  delete process.env.DEVECO_SDK_HOME;
  lines = [];
  for (const method of ['log', 'warn']) {
    mock.method(console, method, (line) => lines.push(line));
  }
});

afterEach(() => {
  mock.restoreAll();
  restore({ PATH, CARGO_HOME, DEVECO_SDK_HOME });
  process.execPath = NODE;
  Object.defineProperty(process, 'platform', { value: PLATFORM });
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

function library(abi) {
  return path.join('entry/libs', abi, 'libsocketkit.so');
}

/** Installs a cargo that records its arguments and then runs `script`, in its working directory. */
function installCargo(script, folder = 'bin') {
  const note = `const words = process.argv.slice(2);
fs.appendFileSync('calls', JSON.stringify({ words, sdk: process.env.DEVECO_SDK_HOME }) + '\\n');`;
  chmodSync(write(`${folder}/cargo`, `#!${NODE}\nconst fs = require('node:fs');\n${note}\n${script}\n`), 0o755);
}

function calls() {
  return read('calls').trim().split('\n').map((line) => JSON.parse(line));
}

/** Output and files of `cargo xtask ohos --no-check` for the requested ABIs. */
const BUILDS = `console.log('Create index.d.ts succeed.');
for (const abi of words.filter((word, index) => words[index - 1] === '--abi')) {
  const folder = 'dist/' + (words.includes('--debug') ? 'debug/' : '') + abi;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(folder + '/libsocketkit.so', folder);
}`;

function hvigor(options) {
  return new FakeHvigor({ project, targets: TARGETS, ...options }).evaluate(HVIGORFILE);
}

async function failureOf(promise) {
  return promise.then(
    () => assert.fail('the build passed'),
    (error) => error.message
  );
}

test('a debug build packs the debug library of both ABIs', async () => {
  installCargo(BUILDS);
  await hvigor().assemble('server');
  const words = ['xtask', 'ohos', '--no-check', '--debug', '--abi', 'arm64-v8a', '--abi', 'x86_64'];
  assert.deepEqual(calls().map((call) => call.words), [words]);
  assert.equal(read(library('arm64-v8a')), 'dist/debug/arm64-v8a');
  assert.equal(read(library('x86_64')), 'dist/debug/x86_64');
});

test('a release build packs the release library of phones alone, whatever was packed before', async () => {
  installCargo(BUILDS);
  await hvigor().assemble('server');
  const release = hvigor({ buildMode: 'release' });
  await release.assemble('server');
  assert.deepEqual(calls()[1].words, ['xtask', 'ohos', '--no-check', '--abi', 'arm64-v8a']);
  assert.equal(read(library('arm64-v8a')), 'dist/arm64-v8a');
  assert.deepEqual(release.packed.get('server'), ['arm64-v8a']);
});

test('a build of tests packs the debug library', async () => {
  installCargo(BUILDS);
  await hvigor({ buildMode: 'test' }).assemble('ohosTest');
  assert.equal(read(library('arm64-v8a')), 'dist/debug/arm64-v8a');
});

test('the parameter nativeAbis chooses the ABIs', async () => {
  installCargo(BUILDS);
  const build = hvigor({ parameters: { nativeAbis: 'x86_64' } });
  await build.assemble('client');
  assert.deepEqual(build.packed.get('client'), ['x86_64']);
});

test('spaces and an empty name in nativeAbis are left out', async () => {
  installCargo(BUILDS);
  const build = hvigor({ parameters: { nativeAbis: 'arm64-v8a, x86_64,' } });
  await build.assemble('client');
  assert.deepEqual(build.packed.get('client'), ['arm64-v8a', 'x86_64']);
});

test('nativeAbis without a name fails', async () => {
  const message = await failureOf(hvigor({ parameters: { nativeAbis: ' ,' } }).assemble('client'));
  assert.equal(message, 'invalid nativeAbis " ,"; expected ABIs separated by commas, for example arm64-v8a,x86_64');
});

test('a second build of the same bytes copies nothing', async () => {
  installCargo(BUILDS);
  await hvigor().assemble('server');
  const before = statSync(path.join(project, library('arm64-v8a')), { bigint: true });
  await hvigor().assemble('server');
  const after = statSync(path.join(project, library('arm64-v8a')), { bigint: true });
  assert.equal(calls().length, 2);
  assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
});

test('a library that is replaced leaves the older build that was linked to it alone', async () => {
  installCargo(BUILDS);
  write(library('arm64-v8a'), 'old');
  // Without cargo the older library is packed by linking.
  rmSync(path.join(project, 'bin'), { recursive: true });
  await hvigor().assemble('server');
  installCargo(BUILDS);
  await hvigor().assemble('client');
  assert.equal(read(library('arm64-v8a')), 'dist/debug/arm64-v8a');
  assert.equal(read('entry/build/server/arm64-v8a/libsocketkit.so'), 'old');
});

test('targets that are built together run cargo once', async () => {
  installCargo(BUILDS);
  const build = hvigor();
  await build.assemble('server', 'ohosTest');
  assert.equal(calls().length, 1);
  assert.deepEqual(build.packed.get('ohosTest'), ['arm64-v8a', 'x86_64']);
});

test('each target builds the library before the first task that reads libs', () => {
  const readers = {
    default: ['ProcessLibs', 'DoNativeStrip', 'CacheNativeLibs', 'PackageHap'],
    server: ['CacheNativeLibs', 'PackageHap'],
    client: ['PackageHap'],
    ohosTest: ['GenerateOhosTestTemplate']
  };
  const { registered } = hvigor({ readers: (target) => readers[target] });
  assert.deepEqual(registered, [
    ['default@BuildNativeModule', ['default@ProcessLibs']],
    ['server@BuildNativeModule', ['server@CacheNativeLibs']],
    ['client@BuildNativeModule', ['client@PackageHap']]
  ]);
  assert.deepEqual(lines, ['ohosTest has no task that reads libs: the native module is not built for it.']);
});

test('an app is built before ProcessLibs where its tasks cannot be asked for; the tests are not', async () => {
  installCargo(BUILDS);
  const build = hvigor({ hasLateTasks: true });
  const targets = TARGETS.filter((target) => target !== 'ohosTest');
  const expected = targets.map((target) => [`${target}@BuildNativeModule`, [`${target}@ProcessLibs`]]);
  assert.deepEqual(build.registered, expected);
  assert.deepEqual(lines, ['ohosTest has no task that reads libs: the native module is not built for it.']);
  await build.assemble(...targets);
  assert.deepEqual(targets.map((target) => build.packed.get(target)), targets.map(() => ['arm64-v8a', 'x86_64']));
});

test('a build of an app without a task that reads libs fails', async () => {
  installCargo(BUILDS);
  const build = hvigor({ targets: ['server'], readers: () => ['CompileArkTS'] });
  const message = await failureOf(build.assemble('server'));
  assert.equal(message, 'server@BuildNativeModule names server@ProcessLibs, which is no task');
});

/** Installs a cargo that builds, but waits for input in the pipe `go`, if `condition` holds. */
function installWaitingCargo(condition = 'true') {
  execFileSync('mkfifo', [path.join(project, 'go')], { env: { PATH } });
  installCargo(`const waits = ${condition};\nconsole.log('first');\nif (waits) { fs.readFileSync('go'); }\n${BUILDS}`);
}

/** Resolves with the first line of cargo. */
function firstLine() {
  return new Promise((resolve) => {
    console.log.mock.mockImplementation((line) => {
      lines.push(line);
      resolve();
    });
  });
}

test('each line reaches the console while cargo still runs', async () => {
  installWaitingCargo();
  const first = firstLine();
  const build = hvigor().assemble('server');
  await first;
  writeFileSync(path.join(project, 'go'), '');
  await build;
  assert.deepEqual(lines, ['first', 'Create index.d.ts succeed.']);
});

const NEXT_BUILDS = [
  ['in the other mode', (build) => Object.assign(build.options, { buildMode: 'release' }) && build],
  ['in the other mode, after a new evaluation', () => hvigor({ buildMode: 'release' })],
  ['for another ABI', (build) => Object.assign(build.options.parameters, { nativeAbis: 'arm64-v8a' }) && build],
  ['of the same kind, after a new evaluation', () => hvigor()]
];

for (const [name, next] of NEXT_BUILDS) {
  test(`a build ${name} stops the one that runs`, { timeout: 60_000 }, async () => {
    installWaitingCargo("!fs.existsSync('second')");
    const first = firstLine();
    const build = hvigor();
    const stopped = failureOf(build.assemble('server'));
    await first;
    write('second', '');
    const second = next(build);
    await second.assemble('server');
    assert.equal(await stopped, 'The build of the native module was stopped, because another one began.');
    assert.equal(calls().length, 2);
    const isDebug = calls()[1].words.includes('--debug');
    assert.equal(isDebug, second.options.buildMode === 'debug');
    assert.equal(read(library('arm64-v8a')), `dist/${isDebug ? 'debug/' : ''}arm64-v8a`);
    assert.equal(existsSync(path.join(project, library('x86_64'))), calls()[1].words.includes('x86_64'));
  });
}

/** Installs a cargo with a compiler that outlives it, if `first` exists: it waits for input in the pipe `go`. */
function installCargoWithCompiler() {
  execFileSync('mkfifo', [path.join(project, 'go')], { env: { PATH } });
  const compiler = "console.log('compiling ' + process.pid); require('node:fs').readFileSync('go');";
  const compile = `require('node:child_process').spawnSync(${JSON.stringify(NODE)}, ['-e', ${JSON.stringify(compiler)}], { stdio: 'inherit' });`;
  installCargo(`if (!fs.existsSync('second')) { ${compile} }\n${BUILDS}`);
}

/** Ends the compiler that has outlived cargo. */
function endCompiler(line) {
  try {
    process.kill(Number(line.replace('compiling ', '')));
  } catch (error) {
    assert.equal(error.code, 'ESRCH');
  }
}

test('a build that is stopped ends with the compilers that it started', { timeout: 20_000 }, async (context) => {
  installCargoWithCompiler();
  const first = firstLine();
  const stopped = failureOf(hvigor().assemble('server'));
  await first;
  context.after(() => endCompiler(lines[0]));
  write('second', '');
  // Waits until all writers of the first one's pipes have closed them.
  await hvigor().assemble('server');
  assert.equal(await stopped, 'The build of the native module was stopped, because another one began.');
});

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
  test(`${signal} ends the compilers, and then hvigor as before`, { timeout: 20_000 }, async (context) => {
    installCargoWithCompiler();
    const first = firstLine();
    const build = failureOf(hvigor().assemble('server'));
    await first;
    context.after(() => endCompiler(lines[0]));
    const kill = mock.method(process, 'kill', (pid, name) => pid === process.pid || KILL(pid, name));
    process.emit(signal, signal);
    await build;
    assert.deepEqual(kill.mock.calls.at(-1).arguments, [process.pid, signal]);
    assert.equal(process.listenerCount(signal), 0);
  });
}

test('on Windows a build that is stopped ends with the compilers that it started', { timeout: 20_000 }, async () => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
  const started = [];
  const ended = [];
  const start = (program, words, { stdio, detached }) => {
    const waits = "console.log('first'); setInterval(() => {}, 1000);";
    const script = started.length === 0 ? waits : 'process.exitCode = 1;';
    started.push({ detached, process: spawn(NODE, ['-e', script], { stdio }) });
    return started.at(-1).process;
  };
  const end = (program, words) => {
    ended.push([program, ...words]);
    started[0].process.kill();
  };
  const modules = { child_process: { spawn: start, spawnSync: end } };
  const first = firstLine();
  const stopped = failureOf(hvigor({ modules }).assemble('server'));
  await first;
  await failureOf(hvigor({ modules }).assemble('server'));
  assert.equal(await stopped, 'The build of the native module was stopped, because another one began.');
  assert.deepEqual(ended, [['taskkill', '/pid', String(started[0].process.pid), '/T', '/F']]);
  // On Windows, a process group has a console of its own.
  assert.deepEqual(started.map(({ detached }) => detached), [false, false]);
});

test('a build that was stopped before it began runs no cargo', { timeout: 60_000 }, async () => {
  installWaitingCargo("!fs.existsSync('second')");
  const first = firstLine();
  const builds = [hvigor(), hvigor({ buildMode: 'release' }), hvigor()];
  const failures = [failureOf(builds[0].assemble('server'))];
  await first;
  write('second', '');
  failures.push(failureOf(builds[1].assemble('server')));
  await builds[2].assemble('server');
  assert.deepEqual(new Set(await Promise.all(failures)).size, 1);
  assert.equal(calls().length, 2);
  assert.equal(read(library('x86_64')), 'dist/debug/x86_64');
});

test('cargo ends with the process that started it', { timeout: 60_000 }, async () => {
  installWaitingCargo();
  const before = process.listeners('exit');
  const first = firstLine();
  const build = failureOf(hvigor().assemble('server'));
  await first;
  const added = process.listeners('exit').filter((listener) => !before.includes(listener));
  assert.equal(added.length, 1);
  added[0]();
  await build;
  assert.deepEqual(process.listeners('exit'), before);
});

test('a compile error reaches the console and the failure with file and line', async () => {
  const compiler = ['error[E0308]: mismatched types', '  --> src/lib.rs:7:18', '   |', ' 7 | let a: u8 = "";'];
  const output = ['   Compiling socket_engine', 'warning: unused', '', ...compiler, '', 'error: could not compile `socket_engine`'];
  installCargo(`process.stderr.write(${JSON.stringify(output.join('\n'))}); process.exitCode = 101;`);
  const words = 'xtask ohos --no-check --abi arm64-v8a';
  const message = await failureOf(hvigor({ buildMode: 'release' }).assemble('server'));
  assert.equal(message, `The native module could not be built: "cargo ${words}" says:\n${compiler.join('\n')}`);
  assert.deepEqual(lines, output);
  assert.ok(!existsSync(path.join(project, library('arm64-v8a'))));
});

test('a build that fails does not keep the next one from passing', async () => {
  installCargo('process.exitCode = 1;');
  const build = hvigor();
  await failureOf(build.assemble('server'));
  installCargo(BUILDS);
  await build.assemble('server');
  assert.deepEqual(build.packed.get('server'), ['arm64-v8a', 'x86_64']);
});

test('without cargo a prebuilt library is packed, with a warning', async () => {
  write(library('arm64-v8a'), 'prebuilt');
  const build = hvigor();
  await build.assemble('server');
  assert.equal(read(library('arm64-v8a')), 'prebuilt');
  assert.deepEqual(build.packed.get('server'), ['arm64-v8a']);
  assert.deepEqual(lines, [
    'cargo cannot be started: libsocketkit.so is packed as it is in entry/libs, for arm64-v8a.'
  ]);
});

test('without cargo and a prebuilt library the build stops and says what to do', async () => {
  write(library('x86_64'), 'of another processor');
  const message = await failureOf(hvigor({ buildMode: 'release' }).assemble('server'));
  assert.match(message, /needs Rust.*Install Rust with rustup.*prebuilt library at .*arm64-v8a.*docs\/devices\.md/);
});

test('cargo is found where rustup puts it, whatever the search path', async () => {
  installCargo(BUILDS, 'cargo/bin');
  await hvigor().assemble('server');
  assert.equal(read(library('x86_64')), 'dist/debug/x86_64');
});

test('on Windows the search path is completed under the name that it has there', async () => {
  delete process.env.PATH;
  process.env.Path = 'tools';
  Object.defineProperty(process, 'platform', { value: 'win32' });
  let environment;
  const start = (program, words, { env, stdio }) => {
    environment = env;
    return spawn(NODE, ['-e', 'process.exitCode = 1'], { stdio });
  };
  await failureOf(hvigor({ modules: { child_process: { spawn: start } } }).assemble('server'));
  delete process.env.Path;
  const paths = Object.entries(environment).filter(([name]) => /^path$/i.test(name));
  assert.deepEqual(paths, [['Path', ['tools', path.join(project, 'cargo/bin')].join(path.delimiter)]]);
});

test('the SDK of the DevEco Studio whose Node runs the build is the one that is used', async () => {
  installCargo(BUILDS);
  mkdirSync(path.join(project, 'DevEco/sdk/default/openharmony/native'), { recursive: true });
  process.execPath = path.join(project, 'DevEco/tools/node/bin/node');
  await hvigor().assemble('server');
  assert.equal(calls()[0].sdk, path.join(project, 'DevEco/sdk'));
});
