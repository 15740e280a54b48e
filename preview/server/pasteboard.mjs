import { EventEmitter } from 'node:events';

/** The phone's pasteboard, which both apps share. Emits `change`. */
export class Pasteboard extends EventEmitter {
  text = '';

  write(text) {
    this.text = text;
    this.emit('change');
  }
}
