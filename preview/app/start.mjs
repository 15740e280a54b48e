import { takeCoverage } from 'node:v8';
import { configuration } from './configuration.mjs';
import { useDateTimeFormatOfPhone } from './date-time-format.mjs';
import { reportFault } from './faults.mjs';
import { LifeCycle } from './life-cycle.mjs';
import { listenToSystem, onSystem, start, tellSystem } from './process.mjs';
import { useResources } from './resources.mjs';
import { screen } from './screen.mjs';

function perform({ id, name, values }) {
  const node = screen.tree.find(id);
  // The touched component may have been removed in the meantime.
  if (node) {
    screen.tree.perform(node, name, ...values);
  }
}

/** Starts the app of this process: its ability, with its resources and the pages that `pages` finds by name. */
export function startApp(Ability, resources, pages) {
  useResources(resources);
  useDateTimeFormatOfPhone();
  // As on the phone, an uncaught error ends the app.
  process.on('uncaughtException', (error) => {
    reportFault(error);
    process.exitCode = 1;
    if (process.connected) {
      process.disconnect();
    }
  });
  process.on('unhandledRejection', reportFault);
  process.on('disconnect', () => process.exit());
  Object.assign(configuration, start.configuration);
  screen.connect((operations) => tellSystem('operations', { operations }));
  onSystem('attach', () => {
    screen.flush();
    tellSystem('snapshot', { operations: screen.tree.snapshot() });
  });
  onSystem('saveCoverage', () => {
    takeCoverage();
    tellSystem('coverageSaved');
  });
  onSystem('event', perform);
  onSystem('answer', ({ question, value }) => screen.answer(question, value));
  new LifeCycle(Ability, pages).begin();
  listenToSystem();
  tellSystem('started');
}
