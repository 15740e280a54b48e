const layer = document.querySelector('#layer');

function elementOf(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Shows a short notice that disappears by itself. */
export function showToast(text, durationMs) {
  const toast = elementOf('div', 'toast', text);
  toast.role = 'status';
  layer.append(toast);
  setTimeout(() => toast.remove(), durationMs);
}

/** Shows a question with buttons; `answer` gets the index of the tapped one, or -1. */
export function openDialog({ title, message, buttons }, answer) {
  const back = elementOf('div', 'shade');
  const box = elementOf('div', 'dialog');
  box.role = 'alertdialog';
  const finish = (index) => {
    back.remove();
    answer(index);
  };
  const row = elementOf('div', 'dialog-buttons');
  buttons.forEach((button, index) => {
    const element = elementOf('button', 'dialog-button', button.text);
    element.style.color = button.color;
    element.addEventListener('click', () => finish(index));
    row.append(element);
  });
  box.append(elementOf('h2', 'dialog-title', title), elementOf('p', 'dialog-message', message), row);
  back.addEventListener('click', (event) => event.target === back && finish(-1));
  back.append(box);
  layer.append(back);
  row.firstChild?.focus();
}
