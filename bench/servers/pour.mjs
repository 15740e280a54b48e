// Sends bulk data to a peer that may read it late.
import { BLOCK_BYTES, number } from './blocks.mjs';
import { obey } from './generator.mjs';

/** Bytes of one send. */
export const SEND_BYTES = 16 * BLOCK_BYTES;

/** Numbers the blocks of a send at `position` of the stream. */
export const numberFrom = (view, position) => number(view, position / BLOCK_BYTES);

/** Lets the load generator run `pour(connection, bytes, sends)`; returns a function that takes the connections, in order. */
export function startPour(pour) {
  const connected = [];
  const waiting = [];
  obey({
    ready: () => globalThis.gc(),
    pour: async (bytes, sends) => {
      const connection = connected.shift() ?? (await new Promise((resolve) => { waiting.push(resolve); }));
      return pour(connection, Number(bytes), sends);
    },
  });
  return (connection) => {
    const resolve = waiting.shift();
    if (resolve) resolve(connection);
    else connected.push(connection);
  };
}
