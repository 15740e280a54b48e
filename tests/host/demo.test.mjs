// The demo, seen from outside: what the kernel knows of its two processes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import process from 'node:process';
import { runDemo } from '../demo/demo.mjs';
import { behaviour } from '../support/behaviour.mjs';

const ESTABLISHED = '01';
const library = process.env.SOCKETKIT_LIBRARY;

/** The inodes of the sockets that a process has open. */
function socketInodes(pid) {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => linkOf(pid, descriptor));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Where a descriptor leads; nowhere if it was closed after it was listed. */
function linkOf(pid, descriptor) {
  try {
    return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
  } catch {
    return [];
  }
}

/** The kernel's table of IPv4 TCP sockets. */
function tcpTable() {
  const [, ...rows] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
  return rows.map((row) => {
    const [, local, remote, state, , , , , , inode] = row.trim().split(/\s+/);
    return { local: endpoint(local), remote: endpoint(remote), state, inode };
  });
}

/** `0100007F:1F90`, an address in the machine's byte order, as `127.0.0.1:8080`. */
function endpoint(hexadecimal) {
  const [address, port] = hexadecimal.split(':');
  const bytes = Buffer.from(address, 'hex').reverse();
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`;
}

function assertHasConnection(role, peer) {
  const [local, remote] = [role, peer].map(({ address: { address, port } }) => `${address}:${port}`);
  const row = tcpTable().find((entry) => entry.local === local && entry.remote === remote);
  assert.ok(row, `the kernel has no connection from ${local} to ${remote}`);
  assert.equal(row.state, ESTABLISHED);
  assert.ok(socketInodes(role.pid).has(row.inode), `the ${role.name} does not have socket ${row.inode}`);
}

function assertHasMapped(role, path) {
  const maps = readFileSync(`/proc/${role.pid}/maps`, 'utf8').split('\n');
  assert.ok(maps.some((line) => line.endsWith(` ${path}`)), `the ${role.name} has not mapped ${path}`);
}

behaviour('the kernel sees one connection between the two processes of the demo', async () => {
  let lookedAfter = 0;
  await runDemo({
    afterStep: (step, { server, client }) => {
      if (step < 2) return;
      assertHasConnection(server, client);
      assertHasConnection(client, server);
      lookedAfter += 1;
    },
  });
  assert.equal(lookedAfter, 5);
});

behaviour('both processes of the demo have mapped the module, and know its SHA-256', async () => {
  const sha256 = createHash('sha256').update(readFileSync(library)).digest('hex');
  let looks = 0;
  const { server, client } = await runDemo({
    afterStep: (step, cast) => {
      for (const role of [cast.server, cast.client]) {
        assertHasMapped(role, realpathSync(library));
        looks += 1;
      }
    },
  });
  assert.equal(looks, 12);
  assert.deepEqual([server.sha256, client.sha256], [sha256, sha256]);
});

behaviour('messages that one process of the demo sent are received by the other', async () => {
  const { server, client } = await runDemo();
  assert.equal(server.record.sent.join(''), '123456');
  assert.equal(client.record.received.join(''), '123456');
  assert.equal(client.record.sent.join(''), '456789');
  assert.equal(server.record.received.join(''), '456789');
});

behaviour('the six steps happen on an encrypted connection with a pairing key', async () => {
  const lines = [];
  const { server, client } = await runDemo({ encrypted: true, print: (line) => lines.push(line) });
  assert.ok(lines.some((line) => line.startsWith('step 2') && line.endsWith(', encrypted')), lines.join('\n'));
  assert.equal(client.record.received.join(''), '123456');
  assert.equal(server.record.received.join(''), '456789');
});

behaviour('with the server killed between steps 3 and 4 the demo names step 4', async () => {
  const happened = [];
  const demo = runDemo({
    afterStep: async (step, { server }) => {
      happened.push(step);
      if (step !== 3) return;
      process.kill(server.pid, 'SIGKILL');
      await server.child.ended();
    },
  });
  await assert.rejects(demo, /^Error: step 4 failed: process \d+ was ended by SIGKILL/);
  assert.deepEqual(happened, [1, 2, 3]);
});
