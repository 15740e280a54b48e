// A server and a client exchange a message and close everything, which ends this process or Worker.
import { library } from '../support/library.mjs';

const server = library.constructTCPSocketServerInstance();
const client = library.constructTCPSocketInstance();
server.on('connect', (connection) => {
  connection.on('message', async ({ message }) => {
    await connection.send({ data: message });
    await connection.close();
    await server.close();
  });
});
await server.listen({ address: '127.0.0.1', port: 0 });
await client.connect({ address: await server.getLocalAddress() });
const echoed = new Promise((resolve) => {
  client.on('message', resolve);
});
await client.send({ data: 'hello' });
await echoed;
