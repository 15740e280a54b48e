import { readdirSync, readlinkSync } from 'node:fs';

/** Returns the number of open sockets of a process, by default this one. */
export function socketCount(pid = 'self') {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((descriptor) => isSocket(`${folder}/${descriptor}`)).length;
}

/** Returns the number of threads of this process. */
export function threadCount() {
  return readdirSync('/proc/self/task').length;
}

function isSocket(path) {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    // The descriptor used for reading the folder is closed by now.
    return false;
  }
}
