import { hvigor, HvigorNode, HvigorPlugin } from '@ohos/hvigor';
import { hapTasks, OhosAppContext, OhosHapContext, OhosPluginId, Target } from '@ohos/hvigor-ohos-plugin';
import { ChildProcess, spawn, spawnSync, StdioOptions } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import * as readline from 'readline';

const LIBRARY = 'libsocketkit.so';
const PHONE = 'arm64-v8a';
const EMULATOR = 'x86_64';

/** `hvigorw -p nativeAbis=x86_64` builds for the processors that it names, separated by commas. */
const ABIS_PARAMETER = 'nativeAbis';

/** The tasks that read `libs`, in their order; the target of the tests does not have all of them. */
const READERS = ['ProcessLibs', 'CacheNativeLibs', 'PackageHap'];

const TEST_TARGET = 'ohosTest';

/** Signals that end a process which does not listen to them. */
const ENDING_SIGNALS: NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

interface Build {
  projectDirectory: string;
  moduleDirectory: string;
  isDebug: boolean;
  abis: string[];
}

/** A build of the native module under way. */
interface RunningBuild {
  evaluation: symbol;
  wanted: string;
  stop: AbortController;
  done: Promise<void>;
}

/** Stays when hvigor reads this file anew for the next build: the earlier build may still run then. */
const shared = globalThis as { socketkitBuild?: RunningBuild };
const evaluation = Symbol('evaluation');

/** DevEco is started from a desktop, whose search path need not have what rustup added to that of shells. */
function searchPath(): Record<string, string> {
  const isPath = (name: string) => name === 'PATH' || (process.platform === 'win32' && name.toUpperCase() === 'PATH');
  const name = Object.keys(process.env).find(isPath) ?? 'PATH';
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  const folders = [process.env[name], path.join(cargoHome, 'bin')];
  return { [name]: folders.filter((folder) => folder).join(path.delimiter) };
}

/** The SDK of the installation whose Node runs this, wherever it was put. */
function installedSdk(): string | undefined {
  let folder = path.dirname(process.execPath);
  while (folder !== path.dirname(folder)) {
    const sdk = path.join(folder, 'sdk');
    if (fs.existsSync(path.join(sdk, 'default', 'openharmony', 'native'))) {
      return sdk;
    }
    folder = path.dirname(folder);
  }
  return undefined;
}

function environment(): Record<string, string | undefined> {
  const sdk = process.env.DEVECO_SDK_HOME ?? installedSdk();
  // Colours would stand as escape sequences in DevEco's window.
  return { ...process.env, ...searchPath(), CARGO_TERM_COLOR: 'never', ...(sdk ? { DEVECO_SDK_HOME: sdk } : {}) };
}

/** What went wrong first: of a compiler error its text with file and line. */
function reason(lines: string[]): string {
  const start = lines.findIndex((line) => line.startsWith('error'));
  const rest = start < 0 ? [] : lines.slice(start);
  const end = rest.findIndex((line) => line.trim() === '');
  return rest.slice(0, end < 0 ? rest.length : end).join('\n');
}

/** Ends cargo with the compilers, which it starts through other processes. */
function endTree(cargo: ChildProcess): void {
  if (cargo.pid === undefined) {
    return;
  }
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(cargo.pid), '/T', '/F']);
    return;
  }
  try {
    process.kill(-cargo.pid);
  } catch {
    // The whole group has ended.
  }
}

/** The terminal sends a signal to hvigor's process group only: this ends cargo, and leaves the rest to what is usual. */
function endTreeAndSelf(cargo: ChildProcess, signal: NodeJS.Signals): void {
  endTree(cargo);
  if (process.listenerCount(signal) === 0) {
    process.kill(process.pid, signal);
  }
}

/** Starts cargo in a process group of its own, which ends when `stop` is aborted or this process ends. */
function spawnCargo(words: string[], directory: string, stop: AbortSignal): ChildProcess {
  const isDetached = process.platform !== 'win32';
  const pipes: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const cargo = spawn('cargo', words, { cwd: directory, env: environment(), stdio: pipes, detached: isDetached });
  const end = () => endTree(cargo);
  const onSignal = (signal: NodeJS.Signals) => endTreeAndSelf(cargo, signal);
  stop.addEventListener('abort', end);
  process.once('exit', end);
  ENDING_SIGNALS.forEach((signal) => process.once(signal, onSignal));
  cargo.once('close', () => {
    stop.removeEventListener('abort', end);
    process.removeListener('exit', end);
    ENDING_SIGNALS.forEach((signal) => process.removeListener(signal, onSignal));
  });
  return cargo;
}

/** Runs cargo until `signal` stops it; each line that it writes goes to the console at once. */
function runCargo(words: string[], directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cargo = spawnCargo(words, directory, signal);
    const errors: string[] = [];
    readline.createInterface({ input: cargo.stdout }).on('line', (line) => console.log(line));
    readline.createInterface({ input: cargo.stderr }).on('line', (line) => {
      errors.push(line);
      console.log(line);
    });
    cargo.on('error', reject);
    cargo.on('close', (status) => {
      const failure = `The native module could not be built: "cargo ${words.join(' ')}" says:\n${reason(errors)}`;
      status === 0 ? resolve() : reject(new Error(failure));
    });
  });
}

function packedLibrary(build: Build, abi: string): string {
  return path.join(build.moduleDirectory, 'libs', abi, LIBRARY);
}

/** Uses the libraries in `libs`, such as those of a release, on a machine without Rust. */
function usePrebuilt(build: Build): void {
  const present = build.abis.filter((abi) => fs.existsSync(packedLibrary(build, abi)));
  if (present.length === 0) {
    throw new Error(
      'The native module needs Rust, and cargo cannot be started. Install Rust with rustup and build again, or put a ' +
        `prebuilt library at ${packedLibrary(build, build.abis[0])}: docs/devices.md says how.`
    );
  }
  console.warn(`cargo cannot be started: ${LIBRARY} is packed as it is in entry/libs, for ${present.join(' and ')}.`);
}

/** Leaves a library alone that has the same bytes: hvigor then has nothing to do again. */
function packLibrary(build: Build, abi: string): void {
  const dist = path.join(build.projectDirectory, 'dist', build.isDebug ? 'debug' : '', abi, LIBRARY);
  const bytes = fs.readFileSync(dist);
  const packed = packedLibrary(build, abi);
  if (fs.existsSync(packed) && bytes.equals(fs.readFileSync(packed))) {
    return;
  }
  // ProcessLibs makes hard links of what it finds, and writing to one would change the older build as well.
  fs.rmSync(packed, { force: true });
  fs.mkdirSync(path.dirname(packed), { recursive: true });
  fs.writeFileSync(packed, bytes);
}

/** Builds and copies the library, and checks nothing: that is for CI. */
async function buildLibrary(build: Build, signal: AbortSignal): Promise<void> {
  const profile = build.isDebug ? ['--debug'] : [];
  const words = ['xtask', 'ohos', '--no-check', ...profile, ...build.abis.flatMap((abi) => ['--abi', abi])];
  try {
    await runCargo(words, build.projectDirectory, signal);
  } catch (error) {
    throwIfStopped(signal);
    if (error.code !== 'ENOENT') {
      throw error;
    }
    usePrebuilt(build);
    return;
  }
  build.abis.forEach((abi) => packLibrary(build, abi));
  // Of an earlier build in another mode.
  const others = [PHONE, EMULATOR].filter((abi) => !build.abis.includes(abi));
  others.forEach((abi) => fs.rmSync(packedLibrary(build, abi), { force: true }));
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new Error('The build of the native module was stopped, because another one began.');
  }
}

async function buildAfter(earlier: RunningBuild | undefined, build: Build, signal: AbortSignal): Promise<void> {
  earlier?.stop.abort();
  // The caller of the earlier build gets its failure.
  await earlier?.done.catch(() => {});
  throwIfStopped(signal);
  await buildLibrary(build, signal);
}

/** Joins the build that runs if it is the same one; stops any other, and waits for its end. */
function startBuild(build: Build): Promise<void> {
  const wanted = JSON.stringify(build);
  const earlier = shared.socketkitBuild;
  if (earlier?.evaluation === evaluation && earlier.wanted === wanted) {
    return earlier.done;
  }
  const stop = new AbortController();
  const done = buildAfter(earlier, build, stop.signal).finally(() => {
    if (shared.socketkitBuild?.stop === stop) {
      shared.socketkitBuild = undefined;
    }
  });
  shared.socketkitBuild = { evaluation, wanted, stop, done };
  return done;
}

/** The processors that `nativeAbis` names; undefined without it. */
function requestedAbis(): string[] | undefined {
  const text = hvigor.getParameter().getExtParam(ABIS_PARAMETER);
  const abis = text?.split(',').map((abi) => abi.trim()).filter((abi) => abi);
  if (abis?.length === 0) {
    const allowed = `ABIs separated by commas, for example ${PHONE},${EMULATOR}`;
    throw new Error(`invalid ${ABIS_PARAMETER} "${text}"; expected ${allowed}`);
  }
  return abis;
}

/** What hvigor was asked for; phones alone get a release. */
function requestedBuild(node: HvigorNode): Build {
  const app = node.getParentNode().getContext(OhosPluginId.OHOS_APP_PLUGIN) as OhosAppContext;
  const isDebug = app.getBuildMode() !== 'release';
  return {
    projectDirectory: path.dirname(node.getNodePath()),
    moduleDirectory: node.getNodePath(),
    isDebug,
    abis: requestedAbis() ?? (isDebug ? [PHONE, EMULATOR] : [PHONE])
  };
}

/** The first task of a target that reads `libs`. An app has one, whether hvigor knows it already or not. */
function firstReader(node: HvigorNode, targetName: string): string | undefined {
  const names = READERS.map((name) => `${targetName}@${name}`);
  return names.find((name) => node.getTaskByName(name)) ?? (targetName === TEST_TARGET ? undefined : names[0]);
}

function registerBuildTask(node: HvigorNode, targetName: string): void {
  const reader = firstReader(node, targetName);
  if (reader === undefined) {
    console.warn(`${targetName} has no task that reads libs: the native module is not built for it.`);
    return;
  }
  node.registerTask({
    name: `${targetName}@BuildNativeModule`,
    run: () => startBuild(requestedBuild(node)),
    dependencies: [],
    // hvigor ignores this when it is given as a function.
    postDependencies: [reader]
  });
}

function nativeModule(): HvigorPlugin {
  return {
    pluginId: 'nativeModule',
    apply(node: HvigorNode): void {
      hvigor.nodesEvaluated(() => {
        const context = node.getContext(OhosPluginId.OHOS_HAP_PLUGIN) as OhosHapContext;
        context.targets((target: Target) => registerBuildTask(node, target.getTargetName()));
      });
    }
  };
}

export default {
  system: hapTasks,
  plugins: [nativeModule()]
};
