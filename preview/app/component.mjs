import { accessibility } from './attributes/accessibility.mjs';
import { appearance } from './attributes/appearance.mjs';
import { border } from './attributes/border.mjs';
import { focus } from './attributes/focus.mjs';
import { overlay } from './attributes/overlay.mjs';
import { paint } from './attributes/paint.mjs';
import { place } from './attributes/place.mjs';
import { size } from './attributes/size.mjs';
import { spacing } from './attributes/spacing.mjs';
import { touch } from './attributes/touch.mjs';
import { UiNode } from './ui-node.mjs';

const COMMON = {
  ...accessibility,
  ...appearance,
  ...border,
  ...focus,
  ...overlay,
  ...paint,
  ...place,
  ...size,
  ...spacing,
  ...touch
};

/**
 * A built-in component: `create` takes its arguments, `attributes` are those besides the common ones. An attribute is a function of the
 * node and of the attribute's arguments.
 */
export function component(create, attributes = {}) {
  return { create, attributes: { ...COMMON, ...attributes } };
}

/** Returns a class whose methods are the attributes, for chaining. */
export function nodeClass({ attributes }) {
  const Node = class extends UiNode {};
  for (const [name, apply] of Object.entries(attributes)) {
    Node.prototype[name] = function attribute(...values) {
      apply(this, ...values);
      return this;
    };
  }
  return Node;
}
