/** Keys that do something in a page, as the DevTools protocol wants them. */
export const KEYS = {
  Tab: { windowsVirtualKeyCode: 9, text: undefined },
  Enter: { windowsVirtualKeyCode: 13, text: "\r" },
  Escape: { windowsVirtualKeyCode: 27, text: undefined },
  ArrowDown: { windowsVirtualKeyCode: 40, text: undefined },
} as const;

export type Key = keyof typeof KEYS;
