/** Marks a position among the children of a part; invisible. */
export class MarkPart {
  element = document.createComment('');
  children = [];
  state = {};
  parent = null;

  constructor(stage, id, kind) {
    Object.assign(this, { stage, id, kind });
  }

  css() {}
  properties() {}
  listen() {}
  removed() {}
  themeChanged() {}
  placed() {}

  forEachBelow(visit) {
    visit(this);
  }
}
