import { BusinessError } from '../business-error.mjs';
import { onSystem, start, tellSystem } from '../process.mjs';
import { strict } from '../unknown.mjs';

const REQUESTS_MAX = 3;
const VERIFICATION_FAILED = 9900002;

/** Granted requests that were not cancelled: their end, and the callback before it. */
const granted = new Map();
let nextId = 1;
let policy = { delayMs: start.suspendDelayMs, refuses: false };

onSystem('suspendPolicy', (changed) => {
  policy = { ...policy, ...changed };
});
onSystem('suspendExpiring', ({ requestId }) => {
  granted.get(requestId)?.callback();
});

function requestSuspendDelay(_reason, callback) {
  if (policy.refuses || granted.size >= REQUESTS_MAX) {
    throw new BusinessError(VERIFICATION_FAILED, 'Transient task verification failed.');
  }
  const requestId = nextId++;
  granted.set(requestId, { callback, end: Date.now() + policy.delayMs });
  tellSystem('suspendDelay', { requestId, delayMs: policy.delayMs });
  return { requestId, actualDelayTime: policy.delayMs };
}

function cancelSuspendDelay(requestId) {
  if (!granted.delete(requestId)) {
    throw new BusinessError(VERIFICATION_FAILED, 'Transient task verification failed.');
  }
  tellSystem('cancelSuspendDelay', { requestId });
}

export const backgroundTaskManager = strict('backgroundTaskManager', {
  requestSuspendDelay,
  cancelSuspendDelay,
  getRemainingDelayTime: async (requestId) => Math.max(0, (granted.get(requestId)?.end ?? 0) - Date.now())
});
