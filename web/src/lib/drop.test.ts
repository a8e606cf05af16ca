import { expect, it } from "vitest";
import { refuseFiles } from "./drop";

// REQ UI-4
it("a dropped file does not take the application's place, a dropped text goes where it should", () => {
  refuseFiles();
  for (const [type, stops] of [
    ["Files", true],
    ["text/plain", false],
  ] as const) {
    for (const kind of ["dragover", "drop"]) {
      const event = new Event(kind, { bubbles: true, cancelable: true });
      Object.assign(event, { dataTransfer: { types: [type], dropEffect: "copy" } });
      document.body.dispatchEvent(event);
      expect(event.defaultPrevented, `${kind} of ${type}`).toBe(stops);
    }
  }
});
