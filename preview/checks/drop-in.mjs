// Checks that code for the system socket API compiles with socketkit, with each form of import.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { SYSTEM_MEMBERS } from '../../tests/compat/members.mjs';
import { ROOT } from '../root.mjs';
import { checkArkTS } from './arkts.mjs';
import { createProgram } from './compiler.mjs';
import { declarationsIn, membersOf, partsOf, reachedFrom, textWithout } from './declared-parts.mjs';
import { Finding, findingAtNode } from './finding.mjs';
import { SDK } from './sdk.mjs';

const FOLDER = path.join(ROOT, 'preview/drop-in');

/** Code that represents all apps. */
export const DROP_IN_FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ets'))
  .map((name) => path.join(FOLDER, name));

/** Uses exactly the members of the system socket API. */
const FOR_BOTH = path.join(FOLDER, 'system.ets');

const SYSTEM_DECLARATIONS = path.join(SDK, 'api/@ohos.net.socket.d.ts');
const OUR_DECLARATIONS = path.join(ROOT, 'entry/types/libsocketkit/index.d.ts');
const TCP = ['constructTCPSocketInstance', 'constructTCPSocketServerInstance'];

const SYSTEM_IMPORT = "import { socket } from '@kit.NetworkKit';";
const LIBRARY = 'libsocketkit.so';
const QUALIFIED = /\bsocket\.(\w+)/g;

function withNamedImports(text, module) {
  const names = new Set([...text.matchAll(QUALIFIED)].map((match) => match[1]));
  return text
    .replaceAll(QUALIFIED, '$1')
    .replace(SYSTEM_IMPORT, `import { ${[...names].join(', ')} } from '${module}';`);
}

/** Returns the text of `FOR_BOTH` for each way to import socketkit from a module. */
function importingOurs(module) {
  const text = readFileSync(FOR_BOTH, 'utf8');
  if (!text.includes(SYSTEM_IMPORT)) {
    throw new Error(`${FOR_BOTH} does not import the system's kit`);
  }
  return {
    default: text.replace(SYSTEM_IMPORT, `import socket from '${module}';`),
    namespace: text.replace(SYSTEM_IMPORT, `import * as socket from '${module}';`),
    named: withNamedImports(text, module)
  };
}

function checkForms(forms, target) {
  return Object.entries(forms).flatMap(([form, text]) =>
    checkArkTS(createProgram([FOR_BOTH], target, new Map([[FOR_BOTH, text]]))).map(
      ({ file, line, column, code, message }) =>
        new Finding(path.join(ROOT, file), line, column, code, `With the ${form} import of our kit: ${message}`)
    )
  );
}

/** Checks that code for the system socket API compiles with each way to import socketkit from a module. */
export function checkDropInForms(module, target) {
  return checkForms(importingOurs(module), target);
}

/** Checks that each part of the declarations is used: without it, one of the files must not compile. */
function checkUsed(parts, files, texts, target) {
  const isUsed = (part) => {
    const without = new Map([...texts, [part.getSourceFile().fileName, textWithout(part)]]);
    const builder = createProgram(files, target, without);
    return files.some((file) => builder.getSemanticDiagnostics(builder.getProgram().getSourceFile(file)).length > 0);
  };
  return parts
    .filter((part) => !isUsed(part))
    .map((part) => findingAtNode(part, 'drop-in/unused', 'All of preview/drop-in compiles without this.'));
}

/** Returns how a member of the system socket API reports its result. */
function formOf(member) {
  const last = ts.isMethodSignature(member) ? member.parameters.at(-1) : undefined;
  return last?.type?.getText().startsWith('AsyncCallback<') ? 'callback' : 'promise';
}

/** Checks that `tests/compat` compares each member of these classes, in each form. */
export function checkCompared(declarations, compared) {
  return declarations
    .filter((declaration) => declaration.name.text in compared)
    .flatMap((declaration) => membersOf([declaration]).map((member) => [compared[declaration.name.text], member]))
    .filter(([members, member]) => !members[member.name.getText()]?.includes(formOf(member)))
    .map(([, member]) => findingAtNode(member, 'drop-in/compared', 'tests/compat has no rows for this.'));
}

/** Checks that code for the system's declarations compiles with ours, and that the code uses all of both. */
export function checkDropIn(target) {
  const ours = importingOurs(LIBRARY);
  const systemParts = partsOf(reachedFrom(TCP, declarationsIn(SYSTEM_DECLARATIONS)));
  const ourParts = partsOf(declarationsIn(OUR_DECLARATIONS));
  return [
    // Unchanged: with the system socket API, and with all of ours.
    ...checkArkTS(createProgram(DROP_IN_FILES, target)),
    ...checkForms(ours, target),
    ...checkUsed(systemParts, [FOR_BOTH], new Map(), target),
    ...checkUsed(ourParts, DROP_IN_FILES, new Map([[FOR_BOTH, ours.default]]), target),
    ...checkCompared(declarationsIn(SYSTEM_DECLARATIONS), SYSTEM_MEMBERS)
  ];
}
