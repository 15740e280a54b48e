// Formats the sources of the pages: `npm run format`.
import { PACKAGE_FILES } from './checks/consumer.mjs';
import { DROP_IN_FILES } from './checks/drop-in.mjs';
import { writeFormat } from './checks/format.mjs';
import { sourceFiles } from './checks/pages.mjs';
import { readTargets } from './checks/target.mjs';
import { testFiles } from './checks/tests.mjs';

const targets = readTargets();
await writeFormat([...sourceFiles(targets), ...testFiles(targets[0]), ...DROP_IN_FILES, ...PACKAGE_FILES]);
