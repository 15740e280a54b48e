import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';

/** Value of `timer` for a socket with a keep-alive timer. */
export const KEEP_ALIVE_TIMER = 2;

/** Ticks per second in `/proc/net` on Linux. */
const TICKS_PER_SECOND = 100;

/**
 * Returns the kernel's data of the IPv4 socket `descriptor` of this process: local and remote port, the running timer, and its
 * remaining time in seconds.
 */
export function kernelRow(descriptor) {
  const [, inode] = readlinkSync(`/proc/self/fd/${descriptor}`).match(/^socket:\[(\d+)\]$/);
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1).map((row) => row.trim().split(/\s+/));
  const row = rows.find((columns) => columns[9] === inode);
  assert.ok(row, `descriptor ${descriptor} is no TCP socket`);
  const [, local, remote, , , timer] = row;
  const [kind, ticks] = timer.split(':').map((digits) => Number.parseInt(digits, 16));
  return { ports: [local, remote].map(port), timer: kind, timerSeconds: ticks / TICKS_PER_SECOND };
}

function port(address) {
  return Number.parseInt(address.split(':')[1], 16);
}
