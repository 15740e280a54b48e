// Loads the module and creates one object of each class.
import { library } from '../support/library.mjs';

library.constructTCPSocketServerInstance().on('connect', () => {});
library.constructTCPSocketInstance().on('message', () => {});
