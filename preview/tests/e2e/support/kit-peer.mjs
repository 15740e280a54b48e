const LIBRARY = { exports: {} };

/** Connects from the test's own process with the native module, as the client app does with framing on. */
export async function connectKit(port = 1234) {
  process.dlopen(LIBRARY, process.env.SOCKETKIT_LIBRARY);
  const socket = LIBRARY.exports.constructTCPSocketInstance({
    framing: { type: 'length' },
    acknowledge: true,
    heartbeat: { intervalMs: 5000 }
  });
  await socket.connect({ address: { address: '127.0.0.1', port } });
  return socket;
}
