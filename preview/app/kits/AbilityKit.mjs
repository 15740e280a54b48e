import { kitEnums } from '../kit-enums.mjs';
import { strict } from '../unknown.mjs';

/** The base of the app's ability; the preview calls the same methods as the phone does. */
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
