import { readGlobalEnums } from '../arkts/enums.mjs';

// The plugin replaces this call by its result, so that an app's process needs no compiler.

/** The enums of ArkUI: values by name, by enum. */
export const enums = readGlobalEnums();
