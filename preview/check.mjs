// Checks the pages and everything that DevEco builds them from: `npm run check`; with `--types` only with the compiler, for each app:
// `npm run check-types`.
import path from 'node:path';
import { ownSources, createProgram } from './checks/compiler.mjs';
import { checkConfiguration } from './checks/configuration.mjs';
import { checkDropIn, DROP_IN_FILES } from './checks/drop-in.mjs';
import { checkExamples } from './checks/examples.mjs';
import { PACKAGE_FILES } from './checks/consumer.mjs';
import { checkFormat } from './checks/format.mjs';
import { checkHomecheck } from './checks/homecheck.mjs';
import { checkNativeLibrary, checkVersions } from './checks/native-library.mjs';
import { checkObfuscation } from './checks/obfuscation.mjs';
import { checkPackageMetadata } from './checks/package-metadata.mjs';
import { checkPageRules } from './checks/page-rules.mjs';
import { checkAbilities, checkPageList, checkReached, checkTargetPages, sourceFiles } from './checks/pages.mjs';
import { checkPermissions } from './checks/permissions.mjs';
import { checkConfigurationUses, referringFiles } from './checks/resource-uses.mjs';
import { readTargets, readTestTarget } from './checks/target.mjs';
import { checkTests, isForPhone, testFiles } from './checks/tests.mjs';
import { checkTranslations } from './checks/translations.mjs';
import { checkUnusedResources } from './checks/unused-resources.mjs';
import { checkWrongPages } from './checks/wrong-pages.mjs';
import { checkWorkflows } from './checks/workflows.mjs';
import { ROOT } from './root.mjs';

/** Checks one app as it is built: with its own sources and resources only. */
function checkTarget(target, builder) {
  const { resources } = target;
  const configurations = ['AppScope/app.json5', 'build-profile.json5', 'entry/build-profile.json5'];
  const files = [...configurations.map((name) => path.join(ROOT, name)), path.join(target.mainFolder, 'module.json5')];
  return [
    ...checkPageRules(builder, target),
    ...checkTargetPages(target, builder),
    ...checkAbilities(target),
    ...[...files, ...target.resourceFolders.flatMap(referringFiles)].flatMap((file) =>
      checkConfigurationUses(file, resources)
    )
  ];
}

/** Checks the files that all apps share. */
async function checkProject(targets, builders) {
  const sources = [...new Map(builders.flatMap(ownSources).map((source) => [source.fileName, source])).values()];
  const folders = [...new Set(targets.flatMap((target) => target.resourceFolders))];
  const files = [...sourceFiles(targets), ...testFiles(targets[0])];
  return [
    ...checkConfiguration(),
    ...checkPageList(targets),
    ...checkReached(targets, new Set(sources.map((source) => source.fileName))),
    ...checkPermissions(path.join(targets[0].mainFolder, 'module.json5')),
    ...checkNativeLibrary(sources),
    ...checkVersions(),
    ...checkPackageMetadata(),
    ...checkObfuscation(),
    ...(await checkWorkflows()),
    ...folders.flatMap(checkTranslations),
    ...checkUnusedResources(folders, sources),
    ...(await checkFormat([...files, ...DROP_IN_FILES, ...PACKAGE_FILES])),
    // homecheck skips files that run only on a phone.
    ...(await checkHomecheck(files.filter((file) => !isForPhone(file)).length)),
    ...checkTests(readTestTarget()),
    ...checkWrongPages(targets[0]),
    ...checkDropIn(targets[0]),
    ...checkExamples(['docs/api.md', 'docs/protocols.md'], targets[0])
  ];
}

const targets = readTargets();
const builders = targets.map((target) => createProgram(target.rootFiles, target));
const findings = [
  ...targets.flatMap((target, index) => checkTarget(target, builders[index])),
  ...(process.argv.includes('--types') ? [] : await checkProject(targets, builders))
];
const lines = [...new Set(findings.map(String))];
lines.forEach((line) => console.log(line));
console.log(`${lines.length} findings in ${targets.length} targets.`);
process.exitCode = lines.length > 0 ? 1 : 0;
