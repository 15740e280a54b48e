export const focus = {
  focusable(node, value) {
    node.set({ focusable: value });
  },
  tabIndex(node, value) {
    node.set({ tabIndex: value });
  },
  defaultFocus(node, value) {
    node.set({ defaultFocus: value });
  },
  groupDefaultFocus(node, value) {
    node.set({ defaultFocus: value });
  },
  onFocus(node, action) {
    node.listen('focus', action);
  },
  onBlur(node, action) {
    node.listen('blur', action);
  },
  id(node, value) {
    node.set({ name: value });
  },
  key(node, value) {
    node.set({ name: value });
  }
};
