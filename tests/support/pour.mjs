import { readFileSync } from 'node:fs';
import { MIB, payload } from './payload.mjs';

const CHUNK = Buffer.from(payload(64 * 1024));
const STALL_MS = 1_000;

/** What the kernel may hold of one connection, at the sender and at the receiver, in bytes. */
export const KERNEL_BUFFERS_BYTES = maximum('tcp_wmem') + maximum('tcp_rmem');

/** More than the kernel can hold, by far. */
export const POUR_BYTES = KERNEL_BUFFERS_BYTES + 96 * MIB;

/**
 * More than the kernel takes for a peer that reads nothing, and less than a sender may leave
 * waiting: a buffer grows only while its reader keeps up.
 */
export const STALLING_BYTES = 12 * MIB;

/**
 * Writes `POUR_BYTES` to a raw socket and then ends it, a chunk whenever the last one was taken. `wrap` makes of each
 * chunk what goes out.
 */
export class Pour {
  #wrapped;
  /** How much the kernel has taken. */
  takenBytes = 0;
  /** The chunks, as often as they were written, for a checksum. */
  chunks = Array(Math.ceil(POUR_BYTES / CHUNK.length)).fill(CHUNK);

  constructor(socket, wrap = (chunk) => chunk) {
    this.#wrapped = wrap(CHUNK);
    this.#writeFrom(socket, 0);
  }

  /** Resolves when the peer has taken nothing for a while. */
  async stalled() {
    let before;
    do {
      before = this.takenBytes;
      await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    } while (this.takenBytes > before);
  }

  #writeFrom(socket, index) {
    if (index === this.chunks.length) {
      socket.end();
      return;
    }
    socket.write(this.#wrapped, (error) => {
      if (error) return;
      this.takenBytes += CHUNK.length;
      this.#writeFrom(socket, index + 1);
    });
  }
}

function maximum(setting) {
  const [, , bytes] = readFileSync(`/proc/sys/net/ipv4/${setting}`, 'utf8').trim().split(/\s+/);
  return Number(bytes);
}
