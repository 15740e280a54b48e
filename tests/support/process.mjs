import { readdirSync, readlinkSync } from 'node:fs';

/** How many sockets a process has open; this one, unless another is named. */
export function socketCount(pid = 'self') {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((descriptor) => isSocket(`${folder}/${descriptor}`)).length;
}

/** How many threads this process has. */
export function threadCount() {
  return readdirSync('/proc/self/task').length;
}

function isSocket(path) {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    // The descriptor that the folder itself was read with is gone by now.
    return false;
  }
}
