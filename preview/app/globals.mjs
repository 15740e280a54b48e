// Names that every page can use without an import, besides the enums of ArkUI.
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
