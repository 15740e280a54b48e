import { HostTree } from './host-tree.mjs';

/** What the screen answers, by the number of the question. */
const answers = new Map();
let nextQuestion = 1;

/** The app's side of its screen: what is shown, and what can be asked of it. */
class Screen {
  #send = () => {};
  abilityContext = undefined;
  tree = new HostTree(() => queueMicrotask(() => this.flush()));

  /** `send` takes a list of operations to every screen there is. */
  connect(send) {
    this.#send = send;
  }

  flush() {
    const operations = this.tree.take();
    if (operations.length > 0) {
      this.#send(operations);
    }
  }

  /** Has the screen do something that no component is the place of. */
  call(method, ...values) {
    this.tree.call(this.tree.root, method, ...values);
  }

  /** As `call`; resolves with what the user answers. */
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
