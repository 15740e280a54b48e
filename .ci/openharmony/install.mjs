// Installs packages on a running system, in this order: `node .ci/openharmony/install.mjs TARGET HAP…`.
import { Guest } from './guest.mjs';

const [, , target, ...haps] = process.argv;
const guest = new Guest({ target });
for (const hap of haps) {
  guest.install(hap);
  console.log(`${hap} is installed`);
}
