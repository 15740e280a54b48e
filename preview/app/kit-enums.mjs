import path from 'node:path';
import { readNamespaceEnums } from '../arkts/enums.mjs';
import { SDK } from '../checks/sdk.mjs';

// The plugin replaces these calls by their results, as for the enums of ArkUI.

const enumsOf = (file, namespace) => readNamespaceEnums(path.join(SDK, 'api', file), namespace);

/** Enums of the supported kits: values by name, by enum, by namespace. */
export const kitEnums = {
  AbilityConstant: enumsOf('@ohos.app.ability.AbilityConstant.d.ts', 'AbilityConstant'),
  ConfigurationConstant: enumsOf('@ohos.app.ability.ConfigurationConstant.d.ts', 'ConfigurationConstant'),
  asset: enumsOf('@ohos.security.asset.d.ts', 'asset'),
  bundleManager: enumsOf('@ohos.bundle.bundleManager.d.ts', 'bundleManager'),
  display: enumsOf('@ohos.display.d.ts', 'display'),
  hilog: enumsOf('@ohos.hilog.d.ts', 'hilog'),
  window: enumsOf('@ohos.window.d.ts', 'window')
};
