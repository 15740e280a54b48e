import { component, nodeClass } from './component.mjs';
import { buttons } from './components/buttons.mjs';
import { choices } from './components/choices.mjs';
import { containers } from './components/containers.mjs';
import { inputs } from './components/inputs.mjs';
import { lists } from './components/lists.mjs';
import { menus } from './components/menus.mjs';
import { navigation } from './components/navigation.mjs';
import { pictures } from './components/pictures.mjs';
import { tabs } from './components/tabs.mjs';
import { texts } from './components/texts.mjs';

/** The built-in components by name. */
export const COMPONENTS = {
  __Common__: component(),
  ...buttons,
  ...choices,
  ...containers,
  ...inputs,
  ...lists,
  ...menus,
  ...navigation,
  ...pictures,
  ...tabs,
  ...texts
};

const classes = new Map(Object.entries(COMPONENTS).map(([name, definition]) => [name, nodeClass(definition)]));

/** Returns the class of a component's nodes. */
export function classOf(name) {
  return classes.get(name);
}
