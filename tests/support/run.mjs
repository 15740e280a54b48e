import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Runs a script with the output of this process; returns its exit: `{code, signal}`. It is killed after the test. */
export async function runScript(t, url, ...scriptArguments) {
  const child = spawn(process.execPath, [fileURLToPath(url), ...scriptArguments], { stdio: 'inherit' });
  t.after(() => child.kill('SIGKILL'));
  const [code, signal] = await once(child, 'exit');
  return { code, signal };
}
