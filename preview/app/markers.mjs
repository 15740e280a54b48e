// Decorators without effect: a page is found by its file, and every struct is a component of state management V2.

export function Entry(Struct) {
  return Struct;
}

export function ComponentV2(Struct) {
  return Struct;
}
