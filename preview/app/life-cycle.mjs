import { nextTick } from '@vue/runtime-core';
import { configuration } from './configuration.mjs';
import { createAbilityContext } from './context.mjs';
import { reportFault } from './faults.mjs';
import { onSystem, start, tellSystem } from './process.mjs';
import { allowReading } from './pasteboard.mjs';
import { screen } from './screen.mjs';
import { createWindowStage, currentPage, emitWindowEvent } from './window.mjs';

const LAUNCH = { launchReason: 1, lastExitReason: 0 };

/** Runs the life cycle of an ability as a phone does. */
export class LifeCycle {
  #ability;
  #window;

  constructor(Ability, pages) {
    this.#ability = new Ability();
    this.#ability.context = createAbilityContext();
    screen.abilityContext = this.#ability.context;
    this.#window = createWindowStage(pages, reportFault);
  }

  begin() {
    this.#ability.onCreate({ bundleName: start.bundleName, abilityName: start.abilityName, parameters: {} }, LAUNCH);
    this.#ability.onWindowStageCreate(this.#window.stage);
    this.#ability.onForeground();
    onSystem('background', () => this.#toBackground());
    onSystem('foreground', () => this.#toForeground());
    onSystem('close', () => this.#end());
    onSystem('configure', ({ changes }) => this.#configure(changes));
    onSystem('back', () => this.#back());
  }

  #toBackground() {
    allowReading(false);
    currentPage()?.onPageHide?.();
    this.#ability.onBackground();
    tellSystem('inBackground');
  }

  #toForeground() {
    this.#ability.onForeground();
    currentPage()?.onPageShow?.();
  }

  #configure(changes) {
    const sized = 'width' in changes || 'height' in changes;
    Object.assign(configuration, changes);
    if (sized) {
      const { width, height, density } = configuration;
      emitWindowEvent('windowSizeChange', { width: width * density, height: height * density });
    }
    this.#ability.onConfigurationUpdate(this.#ability.context.config);
    nextTick(() => {
      screen.flush();
      tellSystem('configured', { revision: changes.revision });
    });
  }

  #back() {
    const handled = currentPage()?.onBackPress?.() === true;
    if (!handled) {
      tellSystem('leave');
    }
  }

  async #end() {
    this.#window.close();
    await this.#ability.onWindowStageDestroy();
    await this.#ability.onDestroy();
    tellSystem('ended');
  }
}
