import { hvigor, HvigorNode, HvigorPlugin } from '@ohos/hvigor';
import { hapTasks, OhosHapContext, OhosPluginId, Target } from '@ohos/hvigor-ohos-plugin';
import * as fs from 'fs';
import * as path from 'path';

const LIBRARY = 'libsocketkit.so';
// The phone first; the second is for the emulator and may be missing.
const REQUIRED_ABI = 'arm64-v8a';
const ABIS = [REQUIRED_ABI, 'x86_64'];

function copyLibrary(moduleDirectory: string): void {
  for (const abi of ABIS) {
    const built = path.resolve(moduleDirectory, '..', 'dist', abi, LIBRARY);
    const packed = path.resolve(moduleDirectory, 'libs', abi, LIBRARY);
    // ProcessLibs makes hard links of what it finds, and copying onto one would change the older build as well.
    fs.rmSync(packed, { force: true });
    if (fs.existsSync(built)) {
      fs.mkdirSync(path.dirname(packed), { recursive: true });
      fs.copyFileSync(built, packed);
    } else if (abi === REQUIRED_ABI) {
      throw new Error(`The native module is not built: ${built} is missing. Run "cargo xtask ohos" first.`);
    }
  }
}

function registerCopyTask(node: HvigorNode, targetName: string): void {
  node.registerTask({
    name: `${targetName}@CopyNativeModule`,
    run: () => copyLibrary(node.getNodePath()),
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
        context.targets((target: Target) => registerCopyTask(node, target.getTargetName()));
      });
    }
  };
}

export default {
  system: hapTasks,
  plugins: [nativeModule()]
};
