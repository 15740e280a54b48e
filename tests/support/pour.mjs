import { readFileSync } from 'node:fs';
import { MIB, payload } from './payload.mjs';

const CHUNK = Buffer.from(payload(64 * 1024));
const STALL_MS = 1_000;

/** Maximum number of bytes of one connection in the kernel, at the sender and at the receiver. */
export const KERNEL_BUFFERS_BYTES = maximum('tcp_wmem') + maximum('tcp_rmem');

/** Far more than the kernel can hold. */
export const POUR_BYTES = KERNEL_BUFFERS_BYTES + 96 * MIB;

/**
 * More than the kernel takes for a peer that does not read, and less than the limit of a send queue: a buffer grows only while its
 * reader keeps up.
 */
export const STALLING_BYTES = 12 * MIB;

/**
 * Writes `POUR_BYTES` to a raw socket and then ends it; writes a chunk whenever the previous one was taken. `wrap` converts each chunk
 * for the wire.
 */
export class Pour {
  #wrapped;
  /** Number of bytes that the kernel has taken. */
  takenBytes = 0;
  /** The written chunks, for a checksum. */
  chunks = Array(Math.ceil(POUR_BYTES / CHUNK.length)).fill(CHUNK);

  constructor(socket, wrap = (chunk) => chunk) {
    this.#wrapped = wrap(CHUNK);
    this.#writeFrom(socket, 0);
  }

  /** Resolves when the peer has read nothing for a while. */
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
