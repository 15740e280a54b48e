import { hvigor, HvigorNode, HvigorPlugin } from '@ohos/hvigor';
import { hapTasks, OhosHapContext, OhosPluginId, Target } from '@ohos/hvigor-ohos-plugin';
import { spawnSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';

const LIBRARY = 'libsocketkit.so';
// Phones, and DevEco's emulator.
const ABIS = ['arm64-v8a', 'x86_64'];

/** The build of the native module; cargo does nothing where nothing has changed. */
const TASK = ['xtask', 'ohos'];

// More than a build from nothing writes.
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** DevEco is started from a desktop, whose search path need not have what rustup added to that of shells. */
function searchPath(): string {
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  return [process.env.PATH, path.join(cargoHome, 'bin')].join(path.delimiter);
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
  return { ...process.env, PATH: searchPath(), ...(sdk ? { DEVECO_SDK_HOME: sdk } : {}) };
}

/** What the task said went wrong: its last paragraph that begins with `error`. */
function reason(output: string): string {
  const start = output.lastIndexOf('\nerror');
  return output.slice(start + 1).trim();
}

function buildLibrary(projectDirectory: string): void {
  const result = spawnSync('cargo', TASK, {
    cwd: projectDirectory,
    env: environment(),
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES
  });
  if (result.error) {
    throw new Error(
      `The native module needs Rust, and cargo cannot be started (${result.error.message}). ` +
        'Install Rust with rustup, as docs/devices.md says, and build again.'
    );
  }
  if (result.status !== 0) {
    throw new Error(`The native module could not be built: "cargo ${TASK.join(' ')}" says ${reason(result.stderr)}`);
  }
}

function copyLibrary(moduleDirectory: string): void {
  for (const abi of ABIS) {
    const built = path.resolve(moduleDirectory, '..', 'dist', abi, LIBRARY);
    const packed = path.resolve(moduleDirectory, 'libs', abi, LIBRARY);
    // ProcessLibs makes hard links of what it finds, and copying onto one would change the older build as well.
    fs.rmSync(packed, { force: true });
    fs.mkdirSync(path.dirname(packed), { recursive: true });
    fs.copyFileSync(built, packed);
  }
}

function registerBuildTask(node: HvigorNode, targetName: string): void {
  node.registerTask({
    name: `${targetName}@BuildNativeModule`,
    run: () => {
      buildLibrary(path.dirname(node.getNodePath()));
      copyLibrary(node.getNodePath());
    },
    dependencies: [],
    // hvigor ignores this when it is given as a function.
    postDependencies: [`${targetName}@ProcessLibs`]
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
