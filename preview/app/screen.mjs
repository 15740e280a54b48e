import { HostTree } from './host-tree.mjs';

/** Pending questions to the screen, by number. */
const answers = new Map();
let nextQuestion = 1;

/** Connection of the app to its screen. */
class Screen {
  #send = () => {};
  abilityContext = undefined;
  tree = new HostTree(() => queueMicrotask(() => this.flush()));

  /** `send` sends a list of operations to all screens. */
  connect(send) {
    this.#send = send;
  }

  flush() {
    const operations = this.tree.take();
    if (operations.length > 0) {
      this.#send(operations);
    }
  }

  /** Calls a method of the screen that belongs to no component. */
  call(method, ...values) {
    this.tree.call(this.tree.root, method, ...values);
  }

  /** As `call`; resolves with the user's answer. */
  ask(method, ...values) {
    const question = nextQuestion++;
    this.call(method, question, ...values);
    return new Promise((resolve) => answers.set(question, resolve));
  }

  answer(question, value) {
    answers.get(question)?.(value);
    answers.delete(question);
  }
}

export const screen = new Screen();
