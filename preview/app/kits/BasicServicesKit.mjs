import { pasteboard as board } from '../pasteboard.mjs';

export { BusinessError } from '../business-error.mjs';
export const pasteboard = board;
