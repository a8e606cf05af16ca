// What the command key is called here.
const isMac = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "");
export const modKey = isMac ? "⌘" : "Ctrl";
