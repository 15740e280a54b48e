import { pasteboard as board } from '../pasteboard.mjs';
import { start } from '../process.mjs';
import { strict } from '../unknown.mjs';

/** ABIs by Node's names of processors. */
const ABIS = { arm64: 'arm64-v8a', x64: 'x86_64' };

export { BusinessError } from '../business-error.mjs';
export const pasteboard = board;

export const deviceInfo = strict('deviceInfo', { abiList: ABIS[process.arch], sdkApiVersion: start.apiLevel });
