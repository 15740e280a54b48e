import { builderOf } from '../builder.mjs';
import { component } from '../component.mjs';
import { isResource, resolve } from '../resources.mjs';
import { enums } from '../enums.mjs';
import { UiNode } from '../ui-node.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { StackNode, wayBack } from '../navigation-stack.mjs';

const mode = chooser(enums.NavigationMode, { Stack: 'stack' }, 'Navigation.mode');
const titleMode = chooser(enums.NavigationTitleMode, { Mini: 'mini' }, 'titleMode');

function addHeader(node, builder) {
  const header = new UiNode('__Header__', `${node.site}#header`);
  header.body = builder;
  node.overlays.push(header);
}

function title(node, value) {
  if (typeof value === 'string' || isResource(value)) {
    node.set({ title: String(resolve(value)) });
  } else if (typeof value === 'object' && 'main' in value) {
    checkOptions(value, ['main', 'sub'], 'title');
    node.set({ title: String(resolve(value.main)), subtitle: String(resolve(value.sub)) });
  } else {
    addHeader(node, builderOf(value, 'title'));
  }
}

function menus(node, content) {
  const bar = new UiNode('__Menus__', `${node.site}#menus`);
  if (Array.isArray(content)) {
    bar.children = content.map((item, index) => menuButton(node, item, index));
  } else {
    bar.body = builderOf(content, 'menus');
  }
  node.overlays.push(bar);
}

function menuButton(node, item, index) {
  checkOptions(item, ['value', 'icon', 'symbolIcon', 'isEnabled', 'action'], 'menus');
  const button = new UiNode('__MenuButton__', `${node.site}#${index}`);
  button.set({ text: String(resolve(item.value)), source: resolve(item.icon), disabled: item.isEnabled === false });
  button.listen('click', () => item.action?.());
  return button;
}

const bars = {
  title,
  menus,
  hideTitleBar(node, value) {
    node.set({ hidesTitle: value });
  },
  hideBackButton(node, value) {
    node.set({ hidesBack: value });
  },
  // There is no tool bar.
  hideToolBar() {}
};

/** Leaves the page if it does not handle the event itself. */
function createDestination(node) {
  const back = wayBack();
  node.listen('back', () => node.onBackPressed?.() === true || back());
}

export const navigation = {
  Navigation: component(
    (node, stack) => {
      if (stack) {
        node.stack = stack;
        node.overlays.push(new StackNode(stack, node.site));
      }
    },
    {
      ...bars,
      mode(node, value) {
        node.set({ mode: mode(value) });
      },
      titleMode(node, value) {
        node.set({ titleMode: titleMode(value) });
      },
      navDestination(node, builder) {
        node.stack.builder = builderOf(builder, 'navDestination');
      }
    }
  ),
  NavDestination: component(createDestination, {
    ...bars,
    onShown(node, action) {
      node.listen('appear', action);
    },
    onHidden(node, action) {
      node.listen('disappear', action);
    },
    onBackPressed(node, action) {
      node.onBackPressed = action;
    },
    onReady() {}
  })
};
