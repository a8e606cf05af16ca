import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Message } from "@/api/types";
import { Toasts } from "@/ui/Toast";
import { MessageEditor } from "./MessageEditor";

const sent: unknown[] = [];
vi.mock("../context", () => ({ useChat: () => ({ org: "org_1", user: "usr_1" }) }));
vi.mock("./change", () => ({
  editMessage: (_client: unknown, _org: string, _message: Message, body: string) => {
    sent.push(body);
    return Promise.resolve();
  },
}));

const message: Message = {
  id: "m1",
  channel: "c",
  seq: 1,
  revision: 1,
  author: "me",
  clientId: "k1",
  body: "    code",
  createdAt: 1,
  editedAt: null,
  deletedAt: null,
  mentions: [],
  handles: [],
  mentionsAll: false,
  reactions: [],
};

function save(text: string | null) {
  const onDone = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MessageEditor message={message} onDone={onDone} onCopy={vi.fn()} onResume={vi.fn()} />
    </QueryClientProvider>,
  );
  const field = screen.getByRole("textbox");
  if (text !== null) fireEvent.change(field, { target: { value: text } });
  fireEvent.keyDown(field, { key: "Enter" });
  return onDone;
}

beforeEach(() => {
  sent.length = 0;
  localStorage.clear();
});
afterEach(cleanup);

// REQ COMMS-2
it("keeps the first line's indent", () => {
  save("\n    code, and more \n");
  expect(sent).toEqual(["    code, and more"]);
});

// REQ COMMS-2
it("saves nothing where nothing was changed, or nothing would be seen, which it says", () => {
  expect(save(null)).toHaveBeenCalled();
  cleanup();
  expect(save("\u3164\u200B")).not.toHaveBeenCalled();
  expect(screen.getByRole("alert").textContent).toBe("Nobody would see anything of this text.");
  expect(sent).toEqual([]);
});

// REQ UI-4
it("gives a change up with Escape, and has it again when that is undone", () => {
  const onDone = vi.fn();
  const onResume = vi.fn();
  const open = () =>
    render(
      <QueryClientProvider client={new QueryClient()}>
        <MessageEditor message={message} onDone={onDone} onCopy={vi.fn()} onResume={onResume} />
        <Toasts />
      </QueryClientProvider>,
    );
  open();
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" });
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "a long thought" } });
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" });
  expect(onDone).toHaveBeenCalledTimes(2);
  cleanup();
  open();
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("    code");
  cleanup();
  render(<Toasts />);
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(onResume).toHaveBeenCalledTimes(1);
  cleanup();
  open();
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("a long thought");
});

// REQ UI-4, COMMS-2
it("keeps the text, and the keys, when somebody deletes the message meanwhile", () => {
  const [onDone, onCopy, above] = [vi.fn(), vi.fn(), vi.fn()];
  const client = new QueryClient();
  const tree = (now: Message) => (
    <QueryClientProvider client={client}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what listens around it */}
      <div onKeyDown={above}>
        <MessageEditor message={now} onDone={onDone} onCopy={onCopy} onResume={vi.fn()} />
      </div>
    </QueryClientProvider>
  );
  const { rerender } = render(tree(message));
  const field = screen.getByRole<HTMLTextAreaElement>("textbox");
  fireEvent.change(field, { target: { value: "half a sent" } });
  rerender(tree({ ...message, editedAt: 5, body: "changed elsewhere" }));
  expect(screen.getByRole("alert").textContent).toMatch(/changed elsewhere/);
  rerender(tree({ ...message, body: "", deletedAt: 9 }));
  expect(screen.getByRole("textbox")).toBe(field);
  expect([field.value, field.readOnly]).toEqual(["half a sent", true]);
  expect(screen.getByRole("alert").textContent).toMatch(/deleted meanwhile/);
  fireEvent.keyDown(field, { key: "Enter" });
  expect([sent, onDone.mock.calls.length, above.mock.calls.length]).toEqual([[], 0, 0]);
  fireEvent.click(screen.getByRole("button", { name: "Copy text" }));
  expect(onCopy).toHaveBeenCalledWith({ body: "half a sent" });
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(onDone).toHaveBeenCalledTimes(1);
});

// REQ UI-4
it("says no more than that, when nothing was written before the message was deleted", () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MessageEditor
        message={{ ...message, body: "", deletedAt: 9 }}
        onDone={vi.fn()}
        onCopy={vi.fn()}
        onResume={vi.fn()}
      />
    </QueryClientProvider>,
  );
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.getByText("This message was deleted.")).toBeTruthy();
});
