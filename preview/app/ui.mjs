// Functions that the transform uses in place of ArkTS syntax.
export { branch, builder, create, forEach, invoke, lazyForEach, reference, repeat, update } from './statements.mjs';
export { scope } from './collecting.mjs';
export { CustomComponent } from './custom-component.mjs';
export { twoWay } from './two-way.mjs';
export { BuilderParam, Computed, Consumer, Event, Local, Monitor, ObservedV2, Once, Param, Provider, Require, Trace }
  from './state.mjs';
export { ComponentV2, Entry } from './markers.mjs';
