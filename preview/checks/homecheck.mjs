import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { Finding } from './finding.mjs';
import { SDK } from './sdk.mjs';

const { runWithStatus } = createRequire(import.meta.url)('homecheck');
const SEVERITY_ERROR = 2;
const SDK_API_VERSION = 13;

const RULES = {
  files: ['**/src/**/*.ets'],
  ruleSet: [
    'plugin:@correctness/recommended',
    'plugin:@performance/recommended',
    'plugin:@cross-device-app-dev/recommended',
    'plugin:@security/recommended',
    'plugin:@arkui-reliability/recommended',
    'plugin:@arkts-eslint/recommended'
  ],
  overrides: [
    // homecheck does not see the types of a native module, and takes its promises for something else.
    {
      files: [
        '**/service/SocketService.ets'
      ],
      rules: { '@arkts-eslint/await-thenable': 0 }
    },
    // It wants no space between `async` and `()`, where the formatter writes one.
    { files: ['**/src/test/**/*.ets'], rules: { '@arkts-eslint/space-before-function-paren': 0 } }
  ]
};

const PROJECT = {
  projectName: 'entry',
  // homecheck walks all of it, and the folders beside this one hold builds and packages.
  projectPath: path.join(ROOT, 'entry'),
  ohosSdkPath: SDK,
  hmsSdkPath: SDK,
  sdkVersion: SDK_API_VERSION,
  product: 'default',
  language: 'en',
  checkProject: true
};

const silent = { messageNotify() {}, progressNotify() {} };

/** What the engine behind DevEco's Code Linter finds at severity "error". */
export async function checkHomecheck(fileCount) {
  const status = await runWithStatus({
    projectConfig: PROJECT,
    ruleConfig: RULES,
    messaging: silent,
    reporter: { async report() {} }
  });
  if (status.outcome !== 'success' || status.abortedChecks > 0 || status.filesChecked !== fileCount) {
    const reason = status.error ?? `${status.filesChecked} of ${fileCount} files checked`;
    return [new Finding(PROJECT.projectPath, 1, 1, 'homecheck/incomplete', reason)];
  }
  const issues = status.reports.flatMap((report) => report.issues);
  return issues
    .filter((issue) => issue.severity === SEVERITY_ERROR)
    .map((issue) => new Finding(issue.filePath, issue.line, issue.colStart, issue.ruleId, issue.message));
}
