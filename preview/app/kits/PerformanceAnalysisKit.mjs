import { readdirSync } from 'node:fs';
import { kitEnums } from '../kit-enums.mjs';
import { tellSystem } from '../process.mjs';
import { strict } from '../unknown.mjs';

/** Formats a log line: arguments that are not marked public are hidden; `%%` is a percent sign. */
function lineOf(format, values) {
  let next = 0;
  return format.replace(/%(?:\{(public|private)\})?[sdif]|%%/g, (place, mark) => {
    if (place === '%%') {
      return '%';
    }
    const value = values[next++];
    return mark === 'public' ? String(value) : '<private>';
  });
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

/** Returns the threads; their CPU usage is unknown here. */
function getAppThreadCpuUsage() {
  return readdirSync('/proc/self/task').map((id) => strict('ThreadCpuUsage', { threadId: Number(id) }));
}

export const hidebug = strict('hidebug', { getAppThreadCpuUsage });
