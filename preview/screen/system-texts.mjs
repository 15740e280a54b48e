/** Texts of the system, in English and in Chinese. */
const TEXTS = { back: ['Back', '返回'], close: ['Close', '关闭'], paste: ['Paste', '粘贴'] };

function translate(element) {
  const { systemText, systemLabel } = element.dataset;
  const language = document.documentElement.lang.startsWith('zh') ? 1 : 0;
  if (systemText) {
    element.textContent = TEXTS[systemText][language];
  }
  if (systemLabel) {
    element.ariaLabel = TEXTS[systemLabel][language];
  }
}

/** Shows one of the system's texts in an element, in the language of the phone. */
export function showSystemText(element, name) {
  element.dataset.systemText = name;
  translate(element);
}

/** Sets the accessible name of an element, as `showSystemText` does. */
export function labelBySystem(element, name) {
  element.dataset.systemLabel = name;
  translate(element);
}

/** Updates all shown texts to the current language of the phone. */
export function translateSystemTexts() {
  document.querySelectorAll('[data-system-text], [data-system-label]').forEach(translate);
}
