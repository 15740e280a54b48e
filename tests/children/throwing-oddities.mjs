// A client whose listener throws a value that is no Error for each message. Reports the uncaught values.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const ODDITIES = [5, 'text', null, undefined, Symbol('odd'), { toString: null }];
/** Message of each if only an Error can be reported. */
const TEXTS = ['5', 'text', 'null', 'undefined', '(no text)', '(no text)'];
const uncaught = [];
process.on('uncaughtException', (thrown) => uncaught.push(thrown));

const options = { framing: { type: 'length' } };
const server = library.constructTCPSocketServerInstance(options);
const client = library.constructTCPSocketInstance(options);
const left = [...ODDITIES];
server.on('connect', (connection) => {
  for (let index = 0; index < ODDITIES.length; index += 1) connection.send({ data: `${index}` });
  connection.close();
});
client.on('message', () => {
  throw left.shift();
});
client.on('close', () => server.close());
await server.listen({ address: '127.0.0.1', port: 0 });
await client.connect({ address: await server.getLocalAddress() });
process.on('exit', () => {
  const isReported = process.env.SOCKETKIT_LOAD === 'phone-like'
    ? (thrown, index) => thrown instanceof Error && thrown.message === TEXTS[index]
    : (thrown, index) => thrown === ODDITIES[index];
  const isAsThrown = uncaught.every(isReported);
  say('done', { count: uncaught.length, isAsThrown, left: left.length });
});
