// Nothing typed is lost: entries outlive reloads, wait for the connection, and are posted in order and only once.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, networkError } from "@/api/error";
import type { Message } from "@/api/types";
import { readDraft, writeDraft } from "./drafts";
import { Outbox, type OutboxEntry } from "./outbox";

const settle = () => new Promise((done) => setTimeout(done, 0));

function make(post: (entry: OutboxEntry) => Promise<Message>) {
  const sent: string[] = [];
  let id = 0;
  const outbox = new Outbox("usr_1", { post, onSent: (entry) => sent.push(entry.body), newId: () => `c${++id}` });
  return { outbox, sent };
}
const ok = () => Promise.resolve({} as Message);

beforeEach(() => localStorage.clear());

describe("outbox", () => {
  it("sends, then forgets", async () => {
    const { outbox, sent } = make(ok);
    outbox.send("o", "ch", "hello");
    expect(outbox.of("ch")).toMatchObject([{ body: "hello", state: "sending" }]);
    await settle();
    expect(sent).toEqual(["hello"]);
    expect(outbox.of("ch")).toEqual([]);
    expect(localStorage.length).toBe(0);
  });

  it("keeps the order of a channel", async () => {
    const order: string[] = [];
    const { outbox } = make(async (entry) => {
      await settle();
      order.push(entry.body);
      return {} as Message;
    });
    for (const body of ["1", "2", "3"]) outbox.send("o", "ch", body);
    await vi.waitFor(() => expect(order).toEqual(["1", "2", "3"]));
  });

  it("waits while there is no answer, and sends when told to try", async () => {
    let up = false;
    const ids: string[] = [];
    const { outbox, sent } = make((entry) => {
      ids.push(entry.clientId);
      return up ? ok() : Promise.reject(networkError());
    });
    outbox.send("o", "ch", "later");
    await settle();
    expect(outbox.of("ch")).toMatchObject([{ state: "waiting" }]);
    up = true;
    await outbox.flush();
    expect(sent).toEqual(["later"]);
    expect(new Set(ids).size).toBe(1);
  });

  it("survives a reload, even in the middle of sending", async () => {
    const first = make(() => new Promise(() => undefined));
    first.outbox.send("o", "ch", "typed before the reload");
    first.outbox.stop();
    const second = make(ok);
    expect(second.outbox.of("ch")).toMatchObject([
      { body: "typed before the reload", clientId: "c1", state: "waiting" },
    ]);
    await second.outbox.flush();
    expect(second.sent).toEqual(["typed before the reload"]);
  });

  it("says when a message is refused, and lets the person try again or discard it", async () => {
    let refuse = true;
    const { outbox, sent } = make(() =>
      refuse ? Promise.reject(new ApiError({ error: "Too long.", code: "invalid_input" }, 422)) : ok(),
    );
    outbox.send("o", "ch", "bad");
    outbox.send("o", "other", "bad too");
    await settle();
    expect(outbox.of("ch")).toMatchObject([{ state: "failed", problem: "Too long." }]);
    outbox.discard("c2");
    expect(outbox.of("other")).toEqual([]);
    refuse = false;
    outbox.retry("c1");
    await settle();
    expect(sent).toEqual(["bad"]);
  });

  it("does not let a refused message hold up the next", async () => {
    const { outbox, sent } = make((entry) =>
      entry.body === "bad" ? Promise.reject(new ApiError({ code: "invalid_input" }, 422)) : ok(),
    );
    outbox.send("o", "ch", "bad");
    outbox.send("o", "ch", "good");
    await vi.waitFor(() => expect(sent).toEqual(["good"]));
  });

  it("gives the same list while nothing changes, so that nothing renders", () => {
    const { outbox } = make(() => new Promise(() => undefined));
    expect(outbox.of("a")).toBe(outbox.of("b"));
    outbox.send("o", "ch", "x");
    expect(outbox.of("ch")).toBe(outbox.of("ch"));
  });
});

describe("drafts", () => {
  it("are kept per person and channel, and leave when empty", () => {
    writeDraft("u1", "c1", "half a thought");
    expect(readDraft("u1", "c1")).toBe("half a thought");
    expect(readDraft("u2", "c1")).toBe("");
    expect(readDraft("u1", "c2")).toBe("");
    writeDraft("u1", "c1", "  ");
    expect(localStorage.length).toBe(0);
  });
});
