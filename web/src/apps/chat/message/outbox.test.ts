// Nothing typed is lost: entries outlive reloads, wait for the connection, and are posted in order and only once.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, networkError } from "@/api/error";
import type { Message } from "@/api/types";
import { Outbox, type OutboxEntry } from "./outbox";

const settle = () => new Promise((done) => setTimeout(done, 0));

let id = 0;
function make(post: (entry: OutboxEntry) => Promise<Message>, user = "usr_1") {
  const sent: string[] = [];
  const outbox = new Outbox(user, { post, onSent: (entry) => sent.push(entry.body), newId: () => `c${++id}` });
  made.push(outbox);
  return { outbox, sent };
}
const made: Outbox[] = [];
/** What the browser tells the other tabs. */
const heard = (key: string) => window.dispatchEvent(new StorageEvent("storage", { key: `holdfast.${key}` }));
const ok = () => Promise.resolve({} as Message);

beforeEach(() => {
  localStorage.clear();
  id = 0;
});
afterEach(() => {
  vi.useRealTimers();
  for (const outbox of made.splice(0)) outbox.stop();
});

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

  // REQ UI-5
  it("what stands behind something that waits, waits, too", async () => {
    const { outbox } = make(() => Promise.reject(networkError()));
    const states = () => outbox.of("ch").map(({ state }) => state);
    outbox.send("o", "ch", "1");
    outbox.send("o", "ch", "2");
    await settle();
    expect(states()).toEqual(["waiting", "waiting"]);
    outbox.send("o", "ch", "3");
    await settle();
    expect(states()).toEqual(["waiting", "waiting", "waiting"]);
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

const OWN = ["o", "ch"] as const;
const stored = () => Object.keys(localStorage).filter((key) => key.startsWith("holdfast.outbox."));

// REQ COMMS-4
describe("outboxes beside one another", () => {
  it("one that is stopped posts nothing more: not by its timer, not by a flush, not by a late failure", async () => {
    vi.useFakeTimers();
    const posts: string[] = [];
    const { outbox, sent } = make((entry) => {
      posts.push(entry.body);
      return Promise.reject(networkError());
    });
    outbox.send(...OWN, "typed by Ann");
    await vi.advanceTimersByTimeAsync(0);
    expect(posts).toEqual(["typed by Ann"]);
    outbox.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    await outbox.flush();
    expect(posts).toEqual(["typed by Ann"]);
    expect(sent).toEqual([]);
    expect(stored()).toHaveLength(1);
  });

  it("a stopped one tells its sender, so that what is under way is not asked again under somebody else", async () => {
    let signal: AbortSignal | undefined;
    const outbox = new Outbox("usr_1", {
      post: (_, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
      onSent: () => undefined,
    });
    outbox.send(...OWN, "under way");
    expect(signal?.aborted).toBe(false);
    outbox.stop();
    expect(signal?.aborted).toBe(true);
  });

  it("another person's finds nothing of it and posts nothing of it", async () => {
    const ann = make(() => Promise.reject(networkError()));
    ann.outbox.send(...OWN, "typed by Ann");
    await settle();
    ann.outbox.stop();
    const bob = make(ok, "usr_2");
    await bob.outbox.flush();
    expect(bob.outbox.size).toBe(0);
    expect(bob.sent).toEqual([]);
    // Nor does one whose id begins alike.
    expect(make(ok, "usr_").outbox.size).toBe(0);
    expect(make(ok).outbox.size).toBe(1);
  });

  it("two tabs do not overwrite each other: what each wrote is there after a reload", async () => {
    const offline = () => Promise.reject(networkError());
    const one = make(offline);
    const two = make(offline);
    one.outbox.send(...OWN, "from the first tab");
    two.outbox.send(...OWN, "from the second tab");
    // An old list in memory, written again and again by retries, takes nothing away.
    await one.outbox.flush();
    await two.outbox.flush();
    await one.outbox.flush();
    one.outbox.stop();
    two.outbox.stop();
    const bodies = make(offline)
      .outbox.of("ch")
      .map((entry) => entry.body);
    expect(bodies).toEqual(["from the first tab", "from the second tab"]);
  });

  it("what another tab has sent does not come back", async () => {
    const one = make(() => Promise.reject(networkError()));
    one.outbox.send(...OWN, "hello");
    await settle();
    const two = make(ok);
    await two.outbox.flush();
    expect(stored()).toEqual([]);
    // The first tab tries before it has heard.
    one.outbox.retry("c1");
    await settle();
    expect(stored()).toEqual([]);
    expect(one.outbox.size).toBe(0);
    expect(one.sent).toEqual([]);
  });

  it("shows what another tab wrote, and lets go of what it finished", async () => {
    const one = make(() => new Promise(() => undefined));
    const two = make(() => new Promise(() => undefined));
    two.outbox.send(...OWN, "over there");
    heard("outbox.usr_1.c1");
    expect(one.outbox.of("ch").map((entry) => entry.body)).toEqual(["over there"]);
    two.outbox.discard("c1");
    heard("outbox.usr_1.c1");
    expect(one.outbox.of("ch")).toEqual([]);
  });

  it("takes over the one list that earlier versions kept", async () => {
    const entry = {
      clientId: "old",
      org: "o",
      channel: "ch",
      body: "before the update",
      createdAt: 1,
      state: "failed",
    };
    localStorage.setItem("holdfast.outbox.usr_1", JSON.stringify([{ ...entry, problem: null }, { broken: true }]));
    expect(make(ok).outbox.of("ch")).toMatchObject([{ clientId: "old", body: "before the update" }]);
    expect(stored()).toEqual(["holdfast.outbox.usr_1.old"]);
  });

  it("keeps the order of typing when the clock is set back", async () => {
    const { outbox } = make(() => new Promise(() => undefined));
    const clock = vi.spyOn(Date, "now").mockReturnValue(2_000_000);
    outbox.send(...OWN, "1");
    clock.mockReturnValue(1_000);
    outbox.send(...OWN, "2");
    outbox.stop();
    const bodies = make(ok)
      .outbox.of("ch")
      .map((entry) => entry.body);
    expect(bodies).toEqual(["1", "2"]);
  });
});
