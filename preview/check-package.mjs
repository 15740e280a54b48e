// Checks a package for other apps: `node check-package.mjs <file> <folder that it was unpacked to>`.
import path from 'node:path';
import { checkPackage } from './checks/consumer.mjs';
import { readTargets } from './checks/target.mjs';

const [archive, folder] = process.argv.slice(2).map((name) => path.resolve(name));
const lines = checkPackage({ archive, folder }, readTargets()[0]).map(String);
lines.forEach((line) => console.log(line));
console.log(`${lines.length} findings in the package and the apps that use it.`);
process.exitCode = lines.length > 0 ? 1 : 0;
