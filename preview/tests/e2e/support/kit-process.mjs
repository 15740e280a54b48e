import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('kit-child.mjs', import.meta.url));

/** The native module in a process of its own, which can be stopped like an app in the background. */
export class KitProcess {
  /** `role` is `connect`, to the server app, or `listen`, on `port`. */
  static async start(role) {
    const kit = new KitProcess();
    kit.process = fork(CHILD, [role]);
    const [{ port }] = await once(kit.process, 'message');
    kit.port = port;
    return kit;
  }

  freeze() {
    this.process.kill('SIGSTOP');
  }

  async kill() {
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}
