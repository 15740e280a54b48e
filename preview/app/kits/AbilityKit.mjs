import { kitEnums } from '../kit-enums.mjs';
import { start } from '../process.mjs';
import { strict, UnknownError } from '../unknown.mjs';

/** Base class of the app's ability; the preview calls the same methods as a phone. */
export class UIAbility {
  onCreate() {}
  onWindowStageCreate() {}
  onForeground() {}
  onBackground() {}
  onWindowStageDestroy() {}
  onDestroy() {}
  onConfigurationUpdate() {}
  onNewWant() {}
}

export const AbilityConstant = strict('AbilityConstant', kitEnums.AbilityConstant);
export const ConfigurationConstant = strict('ConfigurationConstant', kitEnums.ConfigurationConstant);

const { BundleFlag } = kitEnums.bundleManager;

/** Without flags the system omits the app's parts. */
function getBundleInfoForSelfSync(flags) {
  if (flags !== BundleFlag.GET_BUNDLE_INFO_DEFAULT) {
    throw new UnknownError(`getBundleInfoForSelfSync with the flags ${flags}`);
  }
  const { bundleName, versionName, versionCode } = start;
  return strict('BundleInfo', { name: bundleName, versionName, versionCode });
}

export const bundleManager = strict('bundleManager', { ...kitEnums.bundleManager, getBundleInfoForSelfSync });
