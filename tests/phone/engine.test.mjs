// Each difference between Node and the phone's engine: that the layer of this load has it, and that Node has not.
import assert from 'node:assert/strict';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { compile, compileLayer } from '../support/engine.mjs';
import { loadBehind, loadModule } from '../support/load.mjs';

const OK = 0;
const INVALID_ARG = 1;
const OBJECT_EXPECTED = 2;
const STRING_EXPECTED = 3;
const GENERIC_FAILURE = 9;
const PENDING_EXCEPTION = 10;
/** What the probe adds to a status: an exception was left; there was something. */
const [PENDING, FOUND] = [100, 1000];

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

/** The probe, and the layer that brings another one along: a library is bound once in a process. */
const forever = { after: (cleanUp) => process.once('exit', cleanUp) };
const PROBE = compile(forever, 'phone/probe.c');
const LAYER = compileLayer(forever, 'phone/engine.c', compile(forever, 'phone/probe.c'));
const probe = loadModule(PROBE);
const onPhone = loadBehind(LAYER);

/** Has everything finalized that can be. */
async function tidyUp() {
  await turn();
  collectGarbage();
  await turn();
  await turn();
}

/** Leaves nothing on the stack that keeps what it makes. */
function makeGarbage() {
  new onPhone.Thing();
}

/** A test of what `see` makes of the probe in Node, and of the one on the phone. */
function differs(sentence, see, expected) {
  behaviour(sentence, async () => {
    assert.deepEqual(await see(probe), expected.inNode, 'in Node');
    assert.deepEqual(await see(onPhone), expected.onPhone, 'on the phone');
  });
}

/** What `call` returns, or the name of what it throws. */
function outcome(call) {
  try {
    return call();
  } catch (error) {
    return error.name;
  }
}

differs('unwrap succeeds without a wrap, and looks along prototypes and proxies', ({ Thing, unwrap }) => {
  const thing = new Thing();
  const inherited = Object.setPrototypeOf({}, Object.create(thing));
  return [thing, {}, [], inherited, new Proxy(thing, {}), () => {}, 1].map(unwrap);
}, {
  inNode: [OK + FOUND, INVALID_ARG, INVALID_ARG, INVALID_ARG, INVALID_ARG, INVALID_ARG, INVALID_ARG],
  onPhone: [OK + FOUND, OK, OK, OK + FOUND, OK + FOUND, OK, OBJECT_EXPECTED],
});

differs('a wrap is an ordinary property', ({ Thing }) => Object.getOwnPropertyNames(new Thing()), {
  inNode: [],
  onPhone: ['_napiwrapper'],
});

differs('nothing looks at the receiver of a method', ({ Thing }) => {
  return [{}, undefined].map((receiver) => outcome(() => Thing.prototype.method.call(receiver)));
}, { inNode: ['TypeError', 'TypeError'], onPhone: [1, 1] });

differs('a class cannot be called without new', ({ Thing }) => typeof outcome(() => Thing()), {
  inNode: 'object',
  onPhone: 'string',
});

differs('the length of a function\'s name is ignored', ({ shortNamed }) => shortNamed().name, {
  inNode: 'abc',
  onPhone: 'abcdef',
});

differs('half a surrogate pair is written as three bytes', ({ utf8 }) => [...new Uint8Array(utf8('é\ud800€\u{1F600}\udc00'))], {
  inNode: [...Buffer.from('é\ufffd€\u{1F600}\ufffd')],
  onPhone: [...Buffer.from('é'), 0xED, 0xA0, 0x80, ...Buffer.from('€\u{1F600}'), 0xED, 0xB0, 0x80],
});

behaviour('a string that does not fit is cut between characters, as in Node', () => {
  for (const text of ['', 'a', 'ab', 'abc', 'aé', '€', 'é€']) assert.equal(onPhone.utf8Lengths(text), probe.utf8Lengths(text), text);
});

differs('a conversion to a string that throws succeeds', ({ coerce }) => [coerce(Symbol('s')), coerce({ toString: null }), coerce(5)], {
  inNode: [STRING_EXPECTED + PENDING, STRING_EXPECTED + PENDING, OK],
  onPhone: [OK + PENDING, OK + PENDING, OK],
});

differs('the length of a typed array is in bytes', ({ typedArrayLength }) => {
  return [Uint8Array, Uint16Array, Float32Array, BigInt64Array].map((Type) => typedArrayLength(new Type(3)));
}, { inNode: [3, 3, 3, 3], onPhone: [3, 6, 12, 24] });

differs('nothing but an Error can be thrown', ({ throwValue }) => [throwValue(5), throwValue(new Error('thrown'))], {
  inNode: [OK + PENDING, OK + PENDING],
  onPhone: [INVALID_ARG, OK + PENDING],
});

differs('dropping more references than there are is no error', ({ unreference }) => unreference({}), {
  inNode: GENERIC_FAILURE,
  onPhone: OK,
});

differs('deleting the reference of a wrap finalizes it', async ({ deleteReference }) => {
  // What earlier cases have left would be finalized with it.
  await tidyUp();
  return deleteReference({});
}, {
  inNode: 0,
  onPhone: 1,
});

behaviour('an exception that was reported stays pending, and nothing but an Error is reported', async (t) => {
  const fatal = async (engine, path) => {
    const child = startChild(t, new URL('../children/fatal.mjs', import.meta.url), path, engine);
    const { statuses, reported } = await child.hear('done');
    return { statuses, reported };
  };
  assert.deepEqual(await fatal('node', PROBE), { statuses: [OK, OK], reported: ['reported', 'text'] });
  assert.deepEqual(await fatal('phone', LAYER), { statuses: [OK + PENDING, INVALID_ARG], reported: ['reported'] });
});

differs('settling a promise runs microtasks in the middle of the caller', async ({ resolve, reject }) => {
  const order = [];
  await turn();
  setImmediate(() => {
    Promise.resolve().then(() => order.push('microtask'));
    resolve(1);
    order.push('resolved');
    Promise.resolve().then(() => order.push('microtask'));
    reject(new Error('rejected')).catch(() => {});
    order.push('rejected');
  });
  await turn();
  return order;
}, {
  inNode: ['resolved', 'rejected', 'microtask', 'microtask'],
  onPhone: ['microtask', 'resolved', 'microtask', 'rejected'],
});

behaviour('a promise that is rejected while JavaScript is on the stack is counted', () => {
  const before = globalThis.phoneEngine.rejectedOnStack();
  onPhone.reject(new Error('rejected')).catch(() => {});
  assert.equal(globalThis.phoneEngine.rejectedOnStack(), before + 1);
});

differs('microtasks run after each call of a turn, and Errors that are made between have no stack', async ({ inTurn }) => {
  const order = [];
  await new Promise((resolve) => {
    inTurn((_, error) => {
      order.push(error.stack === '' ? 'call without a stack' : 'call');
      Promise.resolve().then(() => order.push('microtask'));
      setImmediate(resolve);
    });
  });
  return order;
}, {
  inNode: ['call', 'call', 'microtask', 'microtask'],
  onPhone: ['call without a stack', 'microtask', 'call without a stack', 'microtask'],
});

behaviour('microtasks do not run after a call from native code that JavaScript has called', async () => {
  const order = [];
  await turn();
  setImmediate(() => {
    Promise.resolve().then(() => order.push('microtask'));
    onPhone.call(() => order.push('called'));
    order.push('after');
  });
  await turn();
  assert.deepEqual(order, ['called', 'after', 'microtask']);
});

/** What a turn finds of an exception when it begins. */
function foundInTurn({ inTurn }) {
  return new Promise((resolve) => {
    inTurn((found) => resolve(found));
  });
}

differs('taking the exception leaves the result as it was where none is pending', foundInTurn, {
  inNode: OK + FOUND,
  onPhone: OK,
});

behaviour('an exception can be left for the next turn', async () => {
  globalThis.phoneEngine.leaveException(new Error('left'));
  assert.equal(await foundInTurn(onPhone), PENDING_EXCEPTION + PENDING + FOUND);
  await turn();
  assert.equal(await foundInTurn(onPhone), OK);
});

behaviour('an exception can be left that is not pending, and lets calls fail until it is taken', async () => {
  globalThis.phoneEngine.leaveLast();
  assert.equal(await foundInTurn(onPhone), PENDING_EXCEPTION);
  await turn();
  assert.equal(await foundInTurn(onPhone), OK);
});

behaviour('a buffer without memory is created', () => {
  globalThis.phoneEngine.failBuffers(1);
  assert.deepEqual([onPhone.bufferStatus(), onPhone.bufferStatus()], [OK, OK + FOUND]);
});

differs('the reference of a wrap keeps its object', async ({ Thing, finalized }) => {
  await tidyUp();
  const before = finalized();
  new Thing({});
  await tidyUp();
  return finalized() - before;
}, { inNode: 1, onPhone: 0 });

/** In the order of the probe. */
const ALLOCATING_CALLS = [
  'napi_create_object', 'napi_create_function', 'napi_create_reference', 'napi_wrap',
  'napi_get_named_property', 'napi_set_named_property', 'napi_define_properties', 'napi_call_function',
];
const CALL_FUNCTION = ALLOCATING_CALLS.indexOf('napi_call_function');

for (const [index, name] of ALLOCATING_CALLS.entries()) {
  differs(`a finalizer runs inside ${name}`, async ({ Thing, allocate }) => {
    await tidyUp();
    new Thing();
    await turn();
    collectGarbage();
    return allocate(index, () => {});
  }, { inNode: 0, onPhone: 1 });
}

behaviour('finalizers run both before and after what a call calls', async () => {
  await tidyUp();
  const before = onPhone.finalized();
  let inside;
  new onPhone.Thing();
  await turn();
  collectGarbage();
  const during = onPhone.allocate(CALL_FUNCTION, () => {
    inside = onPhone.finalized() - before;
    makeGarbage();
    collectGarbage();
  });
  assert.deepEqual([inside, during], [1, 2]);
});

behaviour('a finalizer runs in time without a call, once', async () => {
  await tidyUp();
  const before = onPhone.finalized();
  new onPhone.Thing();
  await tidyUp();
  assert.equal(onPhone.finalized(), before + 1);
  assert.equal(onPhone.allocate(0), 0);
});

/** How many wraps are finalized when a Worker ends that has one. */
async function finalizedAtTheEnd(t, { finalized }, engine, path) {
  const before = finalized();
  const worker = new Worker(new URL('../children/probed-worker.mjs', import.meta.url), { workerData: { engine, path } });
  t.after(() => worker.terminate());
  await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  return finalized() - before;
}

behaviour('wraps are not finalized when an environment ends', async (t) => {
  assert.equal(await finalizedAtTheEnd(t, probe, 'node', PROBE), 1, 'in Node');
  assert.equal(await finalizedAtTheEnd(t, onPhone, 'phone', LAYER), 0, 'on the phone');
});

behaviour('asking for the bytes of a DataView whose buffer was detached ends the process', async (t) => {
  const script = new URL('../children/detached-view.mjs', import.meta.url);
  const inNode = startChild(t, script, PROBE, 'node');
  assert.deepEqual(await inNode.ended(), { code: 0, signal: null });
  const onPhone = startChild(t, script, LAYER, 'phone');
  assert.deepEqual(await onPhone.ended(), { code: null, signal: 'SIGABRT' });
});
