import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { LOOPBACK } from '../support/sockets.mjs';

/** Passes on bytes and the end of the stream, at most `bytesPerSecond`. */
async function passOn(from, to, bytesPerSecond) {
  for await (const chunk of from) {
    if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    await pause(1_000 * chunk.length / bytesPerSecond);
  }
  to.end();
}

/** Opens a relay to a port, slow in both directions: `{ port, close }`. */
export async function openSlowRelay(port, bytesPerSecond) {
  const relay = net.createServer({ allowHalfOpen: true }, (inner) => {
    const outer = net.connect({ port, host: LOOPBACK, allowHalfOpen: true });
    for (const [from, to] of [[inner, outer], [outer, inner]]) {
      passOn(from, to, bytesPerSecond).catch(() => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  relay.listen(0, LOOPBACK);
  await once(relay, 'listening');
  return { port: relay.address().port, close: () => relay.close() };
}
