// Script of a `KitProcess`: connects to the server app, or listens for the client app, until it is killed.
import { connectKit, listenKit } from './kit-peer.mjs';

const port = process.argv[2] === 'listen' ? await listenKit() : await connectKit().then(() => 1234);
process.send({ port });
