import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resets every TCP connection of a process from outside, as a phone may do with those of a stopped app. */
export async function resetConnections(pid) {
  await run(process.env.PREVIEW_TASKS, ['reset-connections', String(pid)]);
}
