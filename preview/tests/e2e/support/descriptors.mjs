import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** Runs `action` while a process cannot open further file descriptors. */
export async function withoutDescriptors(pid, action) {
  const limit = (words) => execFileSync('prlimit', ['--pid', String(pid), ...words], { encoding: 'utf8' }).trim();
  const before = limit(['--nofile', '--raw', '--noheadings', '--output=SOFT']);
  limit([`--nofile=${lowestFree(pid)}:`]);
  try {
    await action();
  } finally {
    limit([`--nofile=${before}:`]);
  }
}

/** Returns the number of the next descriptor. */
function lowestFree(pid) {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let free = 0;
  while (taken.has(free)) {
    free += 1;
  }
  return free;
}
