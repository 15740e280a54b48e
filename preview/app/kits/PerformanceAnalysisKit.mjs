import { readdirSync } from 'node:fs';
import { formatText } from '../format-text.mjs';
import { kitEnums } from '../kit-enums.mjs';
import { tellSystem } from '../process.mjs';
import { strict } from '../unknown.mjs';

/** What is not marked public does not leave the phone. */
function lineOf(format, values) {
  let next = 0;
  const text = format.replace(/%(?:\{(public|private)\})?([sdif])/g, (_place, mark) => {
    const value = values[next++];
    return mark === 'public' ? String(value) : '<private>';
  });
  return formatText(text, []);
}

function writer(level) {
  return (domain, tag, format, ...values) => {
    const number = domain.toString(16).padStart(5, '0').toUpperCase();
    tellSystem('log', { level, text: `${number}/${tag}: ${lineOf(format, values)}` });
  };
}

export const hilog = strict('hilog', {
  ...kitEnums.hilog,
  debug: writer('D'),
  info: writer('I'),
  warn: writer('W'),
  error: writer('E'),
  fatal: writer('F'),
  isLoggable: () => true
});

/** How much of a processor each thread has used is not known here, only which there are. */
function getAppThreadCpuUsage() {
  return readdirSync('/proc/self/task').map((id) => strict('ThreadCpuUsage', { threadId: Number(id) }));
}

export const hidebug = strict('hidebug', { getAppThreadCpuUsage });
