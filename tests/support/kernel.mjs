import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';

/** `timer` of a socket whose peer will be asked whether it is there. */
export const KEEP_ALIVE_TIMER = 2;

/** In `/proc/net`, Linux counts time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/**
 * What the kernel says of the IPv4 socket that this descriptor of ours stands for: its local and its
 * remote port, the timer that runs and in how many seconds it will ring.
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
