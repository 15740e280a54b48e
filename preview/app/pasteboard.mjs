import { BusinessError } from './business-error.mjs';
import { onSystem, tellSystem } from './process.mjs';
import { strict } from './unknown.mjs';

const TEXT = 'text/plain';
const PERMISSION_MISSING = 201;

/** The phone's pasteboard, whose content the system sends to every app's process. */
const shared = { text: '', mayRead: false };
onSystem('pasteboard', ({ text }) => {
  shared.text = text;
});

/** Allows reading until the app is next in the background: the user has tapped a paste button. */
export function allowReading(allowed) {
  shared.mayRead = allowed;
}

function createData(type, value) {
  return strict('PasteData', {
    getPrimaryText: () => value,
    getPrimaryMimeType: () => type,
    getRecordCount: () => 1
  });
}

function read() {
  if (!shared.mayRead) {
    throw new BusinessError(PERMISSION_MISSING, 'Permission verification failed.');
  }
  return createData(TEXT, shared.text);
}

function write(data) {
  shared.text = data.getPrimaryText();
  tellSystem('pasteboard', { text: shared.text });
}

const systemPasteboard = strict('SystemPasteboard', {
  getData: async () => read(),
  getDataSync: read,
  setData: async (data) => write(data),
  setDataSync: write,
  hasData: async () => shared.text.length > 0,
  hasDataSync: () => shared.text.length > 0
});

export const pasteboard = strict('pasteboard', {
  MIMETYPE_TEXT_PLAIN: TEXT,
  createData,
  getSystemPasteboard: () => systemPasteboard
});
