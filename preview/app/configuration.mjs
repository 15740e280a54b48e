import { shallowReactive } from '@vue/runtime-core';

/** What the user has set for the phone; pages that were drawn from it are drawn again when it changes. */
export const configuration = shallowReactive({
  language: 'en-US',
  dark: false,
  fontScale: 1,
  /** A screen reader is on. */
  screenReader: false,
  /** Size of the app's window in vp. */
  width: 360,
  height: 780,
  /** Physical pixels for each vp. */
  density: 3
});
