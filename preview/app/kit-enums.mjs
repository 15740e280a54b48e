import path from 'node:path';
import { readNamespaceEnums } from '../arkts/enums.mjs';
import { SDK } from '../checks/sdk.mjs';

// The plugin puts the result of these calls in their place, as it does for the enums of ArkUI.

const enumsOf = (file, namespace) => readNamespaceEnums(path.join(SDK, 'api', file), namespace);

/** The enums of the kits that the preview has: values by name, by enum, by namespace. */
export const kitEnums = {
  AbilityConstant: enumsOf('@ohos.app.ability.AbilityConstant.d.ts', 'AbilityConstant'),
  ConfigurationConstant: enumsOf('@ohos.app.ability.ConfigurationConstant.d.ts', 'ConfigurationConstant'),
  asset: enumsOf('@ohos.security.asset.d.ts', 'asset'),
  bundleManager: enumsOf('@ohos.bundle.bundleManager.d.ts', 'bundleManager'),
  display: enumsOf('@ohos.display.d.ts', 'display'),
  hilog: enumsOf('@ohos.hilog.d.ts', 'hilog'),
  window: enumsOf('@ohos.window.d.ts', 'window')
};
