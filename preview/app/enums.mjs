import { readGlobalEnums } from '../arkts/enums.mjs';

// The plugin puts the result of this call in its place, so that an app's process needs no compiler.

/** The enums of ArkUI: values by name, by enum. */
export const enums = readGlobalEnums();
