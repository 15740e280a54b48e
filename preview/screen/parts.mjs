import { ButtonPart, PasteButtonPart } from './parts/button.mjs';
import { InputPart } from './parts/input.mjs';
import { MenuItemPart, MenuPart } from './parts/menu.mjs';
import { MarkPart } from './parts/mark.mjs';
import { Part } from './parts/part.mjs';
import { DividerPart, ImagePart, LoadingPart, ProgressPart, SymbolPart } from './parts/pictures.mjs';
import { RootPart } from './parts/root.mjs';
import { ListPart } from './parts/list.mjs';
import { ScrollPart } from './parts/scroll.mjs';
import { WindowPart } from './parts/window.mjs';
import { BadgePart, SpanPart, TextPart } from './parts/text.mjs';
import { CoverPart, PopupPart, SheetPart } from './parts/sheet.mjs';
import { RadioPart, SelectPart, TogglePart } from './parts/choices.mjs';
import { TabBarPart, TabsPart } from './parts/tabs.mjs';
import { DestinationPart, HeaderPart, MenuButtonPart, NavigationPart } from './parts/navigation.mjs';

/** Components that are more than a box with style. */
const CLASSES = {
  __Root__: RootPart,
  __Mark__: MarkPart,
  __Sheet__: SheetPart,
  __Cover__: CoverPart,
  __Popup__: PopupPart,
  __Menu__: MenuPart,
  __TabBar__: TabBarPart,
  __Window__: WindowPart,
  __Header__: HeaderPart,
  __MenuButton__: MenuButtonPart,
  Badge: BadgePart,
  Button: ButtonPart,
  Checkbox: TogglePart,
  Divider: DividerPart,
  Image: ImagePart,
  List: ListPart,
  LoadingProgress: LoadingPart,
  MenuItem: MenuItemPart,
  NavDestination: DestinationPart,
  Navigation: NavigationPart,
  PasteButton: PasteButtonPart,
  Progress: ProgressPart,
  Radio: RadioPart,
  Scroll: ScrollPart,
  Search: InputPart,
  Select: SelectPart,
  Span: SpanPart,
  SymbolGlyph: SymbolPart,
  Tabs: TabsPart,
  Text: TextPart,
  TextArea: InputPart,
  TextInput: InputPart,
  Toggle: TogglePart
};

const ROLES = { List: 'list', ListItem: 'listitem', Menu: 'menu' };

/** Returns a part of the right class. */
export function partFor(stage, id, kind, site) {
  const part = new (CLASSES[kind] ?? Part)(stage, id, kind, site);
  if (ROLES[kind]) {
    part.element.role = ROLES[kind];
  }
  return part;
}
