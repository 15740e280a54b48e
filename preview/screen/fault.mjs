const element = document.querySelector('#fault');

/** Shows an error in front of everything. */
export function showFault(text) {
  element.textContent = text;
  element.hidden = false;
}

export function clearFault() {
  element.hidden = true;
}
