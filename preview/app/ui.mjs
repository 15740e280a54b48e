// What the transform puts in place of ArkTS.
export { builder, create, forEach, invoke, lazyForEach, repeat } from './statements.mjs';
export { scope } from './collecting.mjs';
export { CustomComponent } from './custom-component.mjs';
export { twoWay } from './two-way.mjs';
export { BuilderParam, Computed, Consumer, Event, Local, Monitor, ObservedV2, Once, Param, Provider, Require, Trace }
  from './state.mjs';
export { ComponentV2, Entry } from './markers.mjs';
