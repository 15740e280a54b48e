import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { createProgram } from './compiler.mjs';
import { Finding } from './finding.mjs';
import { checkPageRules } from './page-rules.mjs';

const FOLDER = path.join(ROOT, 'preview/wrong-pages');
const EXPECTATION = /^\/\/ Refused: (\S+) (.+)$/m;

function refusals(file, target) {
  const own = path.relative(ROOT, file);
  return checkPageRules(createProgram([file], target), target).filter((finding) => finding.file === own);
}

/** The first line of a wrong page has the reason: `// Refused: <code> <part of the message>`. */
function checkWrongPage(file, target) {
  const [, code, reason] = readFileSync(file, 'utf8').match(EXPECTATION) ?? [];
  const found = refusals(file, target);
  const isOwn = (finding) => finding.code === code && finding.message.includes(reason);
  if (!found.some(isOwn)) {
    return [new Finding(file, 1, 1, 'wrong-page/accepted', `This page must be refused: ${code} ${reason}`), ...found];
  }
  return found.filter((finding) => !isOwn(finding));
}

/** Each wrong page must be rejected, for exactly its own reason. */
export function checkWrongPages(target) {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.ets')) : [];
  if (names.length === 0) {
    return [new Finding(FOLDER, 1, 1, 'wrong-page/none', 'There are no wrong pages to refuse.')];
  }
  return names.flatMap((name) => checkWrongPage(path.join(FOLDER, name), target));
}
