const { createHash } = require('node:crypto');
const { readFileSync, realpathSync } = require('node:fs');
const { RTLD_LAZY, RTLD_DEEPBIND } = require('node:os').constants.dlopen;

const library = realpathSync(process.env.SOCKETKIT_LIBRARY);
const layer = process.env.SOCKETKIT_LAYER ?? library;
process.dlopen({ exports: {} }, layer, layer === library ? RTLD_LAZY : RTLD_LAZY | RTLD_DEEPBIND);
const files = readFileSync('/proc/self/maps', 'utf8').split('\n').map((line) => line.slice(line.indexOf('/')));
const mapped = files.find((file) => file === library);
if (mapped === undefined) throw new Error(`${library} is not among the mapped files`);
process.stdout.write(createHash('sha256').update(readFileSync(mapped)).digest('hex'));
