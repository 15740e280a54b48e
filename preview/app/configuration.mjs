import { shallowReactive } from '@vue/runtime-core';

/** The phone's settings; pages that read them are drawn again when they change. */
export const configuration = shallowReactive({
  language: 'en-US',
  dark: false,
  fontScale: 1,
  /** Whether a screen reader is on. */
  screenReader: false,
  /** Size of the app's window in vp. */
  width: 360,
  height: 780,
  /** Physical pixels per vp. */
  density: 3
});
