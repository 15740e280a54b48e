import { builderOf } from '../builder.mjs';
import { color } from '../colors.mjs';
import { enums } from '../enums.mjs';
import { resolve } from '../resources.mjs';
import { setterOf, valueOf } from '../two-way.mjs';
import { UiNode } from '../ui-node.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const SHEET_OPTIONS = ['height', 'dragBar', 'showClose', 'title', 'backgroundColor', 'onDisappear', 'onAppear', 'detents',
  'preferType', 'maskColor', 'shouldDismiss', 'blurStyle', 'width', 'onWillDismiss', 'enableOutsideInteractive'];
const ITEM_OPTIONS = ['value', 'icon', 'symbolIcon', 'enabled', 'action'];
const POPUP_OPTIONS = ['message', 'builder', 'placement', 'onStateChange', 'autoCancel', 'showInSubWindow', 'mask'];
const trigger = chooser(enums.ResponseType, { RightClick: 'rightClick', LongPress: 'longPress' }, 'bindContextMenu');
const sheetPlace = chooser(enums.SheetType, { BOTTOM: 'bottom', CENTER: 'center' }, 'bindSheet.preferType');
// The height depends on the position of the sheet.
const sheetHeight = chooser(
  enums.SheetSize,
  { MEDIUM: 'var(--sheet-medium)', LARGE: 'var(--sheet-large)', FIT_CONTENT: 'auto' },
  'bindSheet.height'
);

function addOverlay(node, kind, builder) {
  const overlay = new UiNode(kind, `${node.site}#${kind}`);
  overlay.body = builder;
  node.overlays.push(overlay);
  return overlay;
}

function heightOf(value) {
  return typeof value === 'number' && value < 10 && Object.values(enums.SheetSize).includes(value)
    ? sheetHeight(value)
    : length(value);
}

/** ArkUI accepts any function as builder here, without an object around it. */
function addTitle(overlay, title) {
  if (typeof title === 'function') {
    const header = new UiNode('__Header__', `${overlay.site}#header`);
    header.body = title;
    overlay.overlays.push(header);
    return;
  }
  checkOptions(title, ['title'], 'bindSheet.title');
  overlay.set({ title: title === undefined ? undefined : String(resolve(title.title)) });
}

function describeSheet(overlay, options) {
  addTitle(overlay, options.title);
  overlay.set({ closable: resolve(options.showClose) !== false });
  if (options.height !== undefined) {
    overlay.style({ height: heightOf(options.height) });
  }
  overlay.set({ place: options.preferType === undefined ? 'bottom' : sheetPlace(options.preferType) });
  if (options.backgroundColor !== undefined) {
    overlay.style({ backgroundColor: color(options.backgroundColor) });
  }
}

/** Creates a menu item. */
export function menuItem(site, { value, enabled, action }) {
  const item = new UiNode('MenuItem', site);
  item.set({ text: String(resolve(value)), disabled: enabled === false });
  item.listen('click', () => action?.());
  return item;
}

function addMenu(node, content, on, attribute) {
  if (!Array.isArray(content)) {
    addOverlay(node, '__Menu__', builderOf(content, attribute)).set({ trigger: on });
    return;
  }
  const menu = addOverlay(node, '__Menu__');
  menu.set({ trigger: on });
  menu.children = content.map((element, index) => {
    checkOptions(element, ITEM_OPTIONS, 'bindMenu');
    return menuItem(`${node.site}#${index}`, element);
  });
}

export const overlay = {
  bindSheet(node, isShown, builder, options = {}) {
    checkOptions(options, SHEET_OPTIONS, 'bindSheet');
    const draw = builderOf(builder, 'bindSheet');
    if (!valueOf(isShown) || !draw) {
      return;
    }
    const sheet = addOverlay(node, '__Sheet__', draw);
    describeSheet(sheet, options);
    sheet.listen('dismiss', () => {
      setterOf(isShown)(false);
      options.onDisappear?.();
    });
    if (options.onAppear) {
      sheet.listen('appear', options.onAppear);
    }
  },
  bindContentCover(node, isShown, builder, options = {}) {
    checkOptions(options, ['modalTransition', 'backgroundColor', 'onAppear', 'onDisappear'], 'bindContentCover');
    const draw = builderOf(builder, 'bindContentCover');
    if (valueOf(isShown) && draw) {
      addOverlay(node, '__Cover__', draw).listen('dismiss', () => {
        setterOf(isShown)(false);
        options.onDisappear?.();
      });
    }
  },
  bindMenu(node, content) {
    addMenu(node, content, 'click', 'bindMenu');
  },
  bindContextMenu(node, content, responseType) {
    addMenu(node, content, trigger(responseType), 'bindContextMenu');
  },
  bindPopup(node, isShown, options) {
    checkOptions(options, POPUP_OPTIONS, 'bindPopup');
    const draw = builderOf(options.builder, 'bindPopup');
    if (!valueOf(isShown)) {
      return;
    }
    const popup = addOverlay(node, '__Popup__', draw);
    popup.set({ text: options.message === undefined ? undefined : String(resolve(options.message)) });
    popup.listen('dismiss', () => {
      setterOf(isShown)(false);
      options.onStateChange?.({ isVisible: false });
    });
  }
};
