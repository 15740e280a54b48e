import { resolve } from '../resources.mjs';

export const accessibility = {
  accessibilityText(node, value) {
    node.set({ label: String(resolve(value)) });
  },
  accessibilityDescription(node, value) {
    node.set({ description: String(resolve(value)) });
  },
  accessibilityGroup(node, value) {
    node.set({ group: value });
  },
  accessibilityLevel(node, value) {
    node.set({ accessibilityLevel: value });
  },
  accessibilityChecked(node, value) {
    node.set({ checkedState: value });
  },
  accessibilitySelected(node, value) {
    node.set({ selectedState: value });
  }
};
