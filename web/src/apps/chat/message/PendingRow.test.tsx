// REQ UI-5, COMMS-2: what was refused says why in plain words, and what its writer can do about it.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/api/error";
import { directoryOf } from "@/platform/members/queries";
import { MINE, World } from "@/testing/fake/world";
import { Toasts } from "@/ui/Toast";
import { Outbox } from "./outbox";
import { PendingRow } from "./PendingRow";

let outbox: Outbox;
const posted: string[] = [];
vi.mock("../context", () => ({ useChat: () => ({ outbox }) }));
const directory = directoryOf(new World(9).members);

async function refused(error: ApiError | null, mayWrite = true) {
  const onEdit = vi.fn();
  const onCopy = vi.fn();
  outbox = new Outbox("usr_1", {
    post: ({ body }) => {
      posted.push(body);
      return error ? Promise.reject(error) : new Promise(() => undefined);
    },
    onSent: () => undefined,
  });
  outbox.send("o", "c", "what I wrote");
  await act(() => vi.advanceTimersByTimeAsync(10));
  const [entry] = outbox.of("c");
  if (!entry) throw new Error("gone");
  render(
    <PendingRow
      entry={entry}
      grouped={false}
      me={MINE}
      directory={directory}
      onEdit={mayWrite ? onEdit : null}
      onCopy={onCopy}
    />,
  );
  return { onEdit, onCopy, entry };
}
const buttons = () => screen.queryAllByRole("button").map((button) => button.textContent);

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  posted.length = 0;
});
afterEach(() => {
  outbox.stop();
  cleanup();
  vi.useRealTimers();
});

it("for its text: it can be changed or discarded, and is not tried again", async () => {
  const { onEdit, entry } = await refused(
    new ApiError(
      {
        code: "invalid_input",
        error: "Correct what is marked and send it again.",
        fields: [{ field: "body", problem: "Use at most 8000 characters." }],
      },
      422,
    ),
  );
  expect(screen.getByRole("alert").textContent).toContain("Not sent: Use at most 8000 characters.");
  expect(screen.getByRole("alert").textContent).not.toMatch(/body|marked/);
  expect(buttons()).toEqual(["Edit", "Discard"]);
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  expect(onEdit).toHaveBeenCalledWith(entry);
  await outbox.flush();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(posted).toEqual(["what I wrote"]);
});

it("for its size, in the same way", async () => {
  await refused(new ApiError({ code: "too_large", error: "That is too large." }, 413));
  expect(buttons()).toEqual(["Edit", "Discard"]);
});

it("for another reason: the same text may pass later, when its writer says so", async () => {
  await refused(new ApiError({ code: "forbidden", error: "You may not do that." }, 403));
  expect(buttons()).toEqual(["Edit", "Send again", "Discard"]);
  await outbox.flush();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(posted).toEqual(["what I wrote"]);
});

it("where nothing can be written any more, there is nothing to edit it in, and it can be copied", async () => {
  const { onCopy, entry } = await refused(
    new ApiError({ code: "not_found", error: "There is nothing here." }, 404),
    false,
  );
  expect(buttons()).toEqual(["Copy text", "Send again", "Discard"]);
  fireEvent.click(screen.getByRole("button", { name: "Copy text" }));
  expect(onCopy).toHaveBeenCalledWith(entry);
});

it("what takes longer than a second to send says so", async () => {
  await refused(null);
  expect(screen.queryByText("Sending…")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  expect(screen.getByText("Sending…")).toBeTruthy();
});

// REQ UI-4
it("discarding can be undone: it is there again as it was, in its place and in what is stored", async () => {
  const { entry } = await refused(new ApiError({ code: "forbidden", error: "No.", fields: [] }, 403));
  const before = outbox.of("c");
  outbox.send("o", "c", "the next one");
  await act(() => vi.advanceTimersByTimeAsync(10));
  render(<Toasts />);
  fireEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(outbox.of("c").map(({ body }) => body)).toEqual(["the next one"]);
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(outbox.of("c")[0]).toEqual(before[0]);
  expect(outbox.of("c").map(({ body }) => body)).toEqual(["what I wrote", "the next one"]);
  const again = new Outbox("usr_1", { post: () => new Promise(() => undefined), onSent: () => undefined });
  expect(again.of("c")[0]).toEqual(entry);
  again.stop();
});
