// Runs in the phone's JavaScript engine on a desktop: a client of the module says something to a server of it.
const socket = requireNapiPreview('socketkit', true);

const server = socket.constructTCPSocketServerInstance({ framing: { type: 'length' } });
const client = socket.constructTCPSocketInstance({ framing: { type: 'length' } });

function textOf(buffer) {
  return String.fromCharCode(...new Uint8Array(buffer));
}

async function exchange() {
  const heard = new Promise((resolve) => {
    server.on('connect', (connection) => connection.on('message', (info) => resolve(textOf(info.message))));
  });
  await server.listen({ address: '127.0.0.1', port: 0 });
  await client.connect({ address: await server.getLocalAddress() });
  await client.send({ data: 'hello' });
  print(`exchanged: ${await heard}`);
  await client.close();
  await server.close({ connections: 'abort' });
}

exchange().catch((error) => print(`failed: ${error.code} ${error.message}`));
