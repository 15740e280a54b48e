/** Has the server listen and the client connect to it. */
export async function connect({ server, client }) {
  await server.touch('Initialize');
  await server.shows('Listening');
  await client.touch('Connect to server');
  await client.shows('Connected');
}
