// Loads the module and makes one object of each kind, and nothing else.
import { library } from '../support/library.mjs';

library.constructTCPSocketServerInstance().on('connect', () => {});
library.constructTCPSocketInstance().on('message', () => {});
