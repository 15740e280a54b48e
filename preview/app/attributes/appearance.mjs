function areaOf(seen) {
  const { width, height, x, y, globalX, globalY } = seen;
  return { width, height, position: { x, y }, globalPosition: { x: globalX, y: globalY } };
}

export const appearance = {
  onAppear(node, action) {
    node.listen('appear', action);
  },
  onDisAppear(node, action) {
    node.listen('disappear', action);
  },
  onAttach(node, action) {
    node.listen('appear', action);
  },
  onDetach(node, action) {
    node.listen('disappear', action);
  },
  onAreaChange(node, action) {
    node.listen('area', (before, now) => action(areaOf(before), areaOf(now)));
  },
  onSizeChange(node, action) {
    const sizeOf = ({ width, height }) => ({ width, height });
    node.listen('area', (before, now) => action(sizeOf(before), sizeOf(now)));
  }
};
