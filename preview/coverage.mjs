// Reports the line coverage of the pages, from the browser tests and hypium: started by `cargo xtask test`.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoverageReport } from 'monocart-coverage-reports';

/** Minimum coverage, in percent of all statements. */
const STATEMENTS_MIN = 95;

/** The page with every component, and the tests. */
const NOT_SHIPPED = /gallery|src\/(test|ohosTest)\//;

const folder = process.env.PREVIEW_COVERAGE;
const report = new CoverageReport({
  name: 'Pages, view models and service',
  outputDir: path.join(folder, 'report'),
  reports: ['console-details', 'v8', 'lcovonly'],
  // Skips files of earlier builds, which no longer exist, and files without a source map, which contain no page.
  entryFilter: ({ url }) => url.startsWith('file:') && existsSync(`${fileURLToPath(url)}.map`),
  sourceFilter: (file) => file.endsWith('.ets') && !NOT_SHIPPED.test(file)
});
for (const name of readdirSync(folder).filter((name) => name.endsWith('.test'))) {
  await report.addFromDir(path.join(folder, name));
}
const { summary } = await report.generate();
console.log(`${summary.statements.pct} % of the statements ran; ${path.join(folder, 'report/index.html')} shows which.`);
if (!(summary.statements.pct >= STATEMENTS_MIN)) {
  console.log(`At least ${STATEMENTS_MIN} % have to.`);
  process.exitCode = 1;
}
