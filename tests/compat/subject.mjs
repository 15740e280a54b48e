import assert from 'node:assert/strict';
import { KEEP_ALIVE_TIMER, kernelRow } from '../support/kernel.mjs';
import { roundTrips } from '../support/sockets.mjs';
import { Call, flags } from './outcome.mjs';
import { peerOf, portsOf } from './states.mjs';

/** Outcomes after which an object is as it was. */
const UNCHANGED = ['throws 401', 'fails 401'];

/** What a call that failed must leave as it was: the state of an object, its address and its descriptor. */
async function snapshotOf(object) {
  const state = await object.getState().then(flags, ({ code }) => code);
  const address = await object.getLocalAddress().then(JSON.stringify, ({ code }) => code);
  return `${state} at ${address}, descriptor ${object.socketFd}`;
}

const mustKeep = (state, here) => state !== 'foreign' && /^(fails|throws)/.test(here);

const bytesOf = (data) => (typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer ?? data));

/** What a call that resolved must have done, in the words of an outcome: none where it was what the arguments say. */
const EFFECTS = {
  listen: async (server) => ` at ${(await server.getLocalAddress()).address}`,
  bind: async (client) => ` at ${(await client.getLocalAddress()).address}`,
  connect: async (client, [{ address }]) => ((await client.getRemoteAddress()).port === address.port ? '' : ' with another peer'),
  send: async (socket, [{ data }]) => {
    const received = await peerOf(socket)?.received(socket).catch(() => undefined);
    return received === undefined || received.equals(bytesOf(data)) ? '' : `, but "${received}" arrives`;
  },
  close: async (socket) => (['closed', 'none'].includes(flags(await socket.getState())) ? '' : ', but is not closed'),
  setExtraOptions: async (socket, [{ keepAlive }]) => {
    if (!peerOf(socket) || !((await socket.getSocketFd()) > 0)) return '';
    const isOn = kernelRow(await socket.getSocketFd()).timer === KEEP_ALIVE_TIMER;
    return isOn === (keepAlive === true) ? '' : `, but keep-alive is ${isOn ? 'on' : 'off'}`;
  },
};

/** Opens an object for each call that may change one, and the same one for the others. */
export class Subject {
  #t;
  #open;
  #ports;
  #object = null;
  #calls = [];

  constructor(t, open, ports) {
    [this.#t, this.#open, this.#ports] = [t, open, ports];
  }

  /** The result of a row in one form, as text; after a failure also whether the object changed. */
  async outcome({ member, state, args, here }, form) {
    this.#object ??= await this.#open(this.#t, this.#ports);
    const object = this.#object;
    const given = typeof args === 'function' ? await args(this.#ports, object) : args;
    const call = new Call(member, state === 'foreign' ? [] : await portsOf(object));
    if (form === 'callback') this.#calls.push({ call, member });
    const before = mustKeep(state, here) ? await snapshotOf(object) : undefined;
    let outcome = await call.outcome(object, given, form);
    if (outcome.startsWith('resolves')) outcome += (await EFFECTS[member]?.(object, given)) ?? '';
    else if (before !== undefined && (await snapshotOf(object)) !== before) outcome += ', but changes it';
    if (!UNCHANGED.includes(outcome)) this.#object = null;
    return outcome;
  }

  /** Checks what can only be known at the end: nothing was sent by calls that failed, and no callback was called twice. */
  async assertQuiet() {
    const received = await (this.#object && peerOf(this.#object))?.received(this.#object).catch(() => undefined);
    assert.equal(received?.toString() ?? '', '', 'a call that failed has sent something');
    if (this.#calls.length > 0) await roundTrips(this.#t, 1);
    const twice = this.#calls.filter(({ call }) => call.timesCalled > 1).map(({ member }) => member);
    assert.deepEqual(twice, [], 'a callback was called more than once');
  }
}
