import { builderOf } from '../builder.mjs';
import { component } from '../component.mjs';
import { enums } from '../enums.mjs';
import { isResource, resolve } from '../resources.mjs';
import { setterOf, valueOf } from '../two-way.mjs';
import { UiNode } from '../ui-node.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const barPlace = chooser(enums.BarPosition, { Start: 'start', End: 'end' }, 'Tabs.barPosition');

function createTabs(node, options = {}) {
  checkOptions(options, ['barPosition', 'index', 'controller'], 'Tabs');
  node.set({
    bar: barPlace(options.barPosition ?? enums.BarPosition.Start),
    index: valueOf(options.index) ?? 0
  });
  node.listen('tab', setterOf(options.index));
  node.controller = options.controller;
}

function tabBar(node, content) {
  const bar = new UiNode('__TabBar__', `${node.site}#bar`);
  if (typeof content === 'string' || isResource(content)) {
    bar.set({ text: String(resolve(content)) });
  } else if (typeof content === 'object' && 'text' in content) {
    checkOptions(content, ['text', 'icon'], 'tabBar');
    bar.set({ text: String(resolve(content.text)) });
  } else {
    bar.body = builderOf(content, 'tabBar');
  }
  node.overlays.push(bar);
}

export const tabs = {
  Tabs: component(createTabs, {
    onChange(node, action) {
      node.listen('tab', action);
    },
    // The preview has no swipe gestures; tabs are tapped.
    scrollable() {},
    barHeight(node, value) {
      node.style({ '--bar-height': length(value) });
    },
    animationDuration() {}
  }),
  TabContent: component(undefined, { tabBar })
};
