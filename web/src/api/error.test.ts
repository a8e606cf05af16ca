import { expect, it } from "vitest";
import { summarise, toApiError } from "./error";

// REQ UI-5
it("what the server says and what to do about it are sentences", () => {
  const said = (hint: string) =>
    summarise(toApiError({ error: "This channel is archived.", code: "conflict", hint }, 409));
  expect(said("an administrator can bring it back")).toBe(
    "This channel is archived. An administrator can bring it back.",
  );
  expect(said("Ask an administrator.")).toBe("This channel is archived. Ask an administrator.");
});
