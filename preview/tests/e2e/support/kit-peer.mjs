const LIBRARY = { exports: {} };

/** Options of the apps' sockets with framing. */
const FRAMED = { framing: { type: 'length' }, acknowledge: true, heartbeat: { intervalMs: 5000 } };

/** Connects with the native module in this process, as the client app does with framing. */
export async function connectKit(port = 1234) {
  const socket = load().constructTCPSocketInstance(FRAMED);
  await socket.connect({ address: { address: '127.0.0.1', port } });
  return socket;
}

/** Listens on a free port, as the server app does with framing, and returns the port. */
export async function listenKit() {
  const server = load().constructTCPSocketServerInstance(FRAMED);
  server.on('connect', () => {});
  await server.listen({ address: '127.0.0.1', port: 0 });
  return (await server.getLocalAddress()).port;
}

function load() {
  process.dlopen(LIBRARY, process.env.SOCKETKIT_LIBRARY);
  return LIBRARY.exports;
}
