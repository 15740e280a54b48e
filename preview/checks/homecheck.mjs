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
    // homecheck does not know the types of a native module, and misjudges its promises.
    {
      files: [
        '**/service/SocketService.ets'
      ],
      rules: { '@arkts-eslint/await-thenable': 0 }
    },
    // It requires no space between `async` and `()`; the formatter inserts one.
    { files: ['**/src/test/**/*.ets'], rules: { '@arkts-eslint/space-before-function-paren': 0 } }
  ]
};

const PROJECT = {
  projectName: 'entry',
  // homecheck reads the whole folder, and the other folders contain builds and packages.
  projectPath: path.join(ROOT, 'entry'),
  ohosSdkPath: SDK,
  hmsSdkPath: SDK,
  sdkVersion: SDK_API_VERSION,
  product: 'default',
  language: 'en',
  checkProject: true
};

const silent = { messageNotify() {}, progressNotify() {} };

/** Returns the findings of the engine behind DevEco's Code Linter with severity "error". */
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
