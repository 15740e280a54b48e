// What every page knows without an import, beside the enums of ArkUI.
export { $r, $rawfile } from './resources.mjs';
export { LongPressGesture, TapGesture } from './gestures.mjs';
export { NavPathStack } from './navigation-stack.mjs';
export {
  ListScroller,
  Scroller,
  SearchController,
  TabsController,
  TextAreaController,
  TextInputController
} from './controllers.mjs';
export { AlertDialog } from './alert-dialog.mjs';
