// Nothing of one person stays in memory for the next one who signs in without a page load.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import ts from "typescript";
import { afterEach, describe, expect, it, vi } from "vitest";
import { socket } from "@/api/socket/socket";
import type { ChannelSummary, Me } from "@/api/types";
import { channelsKey } from "@/apps/chat/channel/queries";
import { watch } from "@/apps/chat/feed";
import { mark, record, replaySummary } from "@/apps/chat/log";
import { keepPlace, placeOf } from "@/apps/chat/message/places";
import { readNow } from "@/lib/markdown/reading";
import { arriveAt, moveTo } from "@/lib/typeahead";
import { useSetMe } from "@/platform/me/queries";
import { hub } from "@/platform/realtime/hub";
import { openSession, sessionOf } from "@/platform/session/scope";
import { Toasts, toast } from "@/ui/Toast";
import { MINE, World } from "./fake/world";

const SRC = resolve(import.meta.dirname, "..");

/** State at a module's top that is not one person's, or goes with something else that is. */
const OTHERS: Record<string, string> = {
  "api/http.ts csrfToken": "endSession",
  "api/http.ts endedListeners": "the page's own",
  "api/http.ts refusedListeners": "the page's own",
  "api/socket/socket.ts socket": "endSession stops it, and it knows no topics then",
  "apps/chat/log.ts position": "a number",
  "apps/chat/read/elsewhere.ts gathering": "ids of organisations, for a second",
  "apps/chat/read/position.ts moves": "a number",
  "lib/markdown/reading.ts spent": "a number",
  "lib/markdown/reading.ts working": "whether it is at work",
  "lib/person.ts all": "the list of what forgets",
  "lib/storage.ts sealed": "whether the page is being left",
  "lib/theme.ts chosen": "the browser's, as what is stored of it",
  "lib/theme.ts listeners": "what is on the screen",
  "platform/app/lazyPage.tsx all": "code",
  "platform/members/find.ts known": "by objects of the query cache, and gone with them",
  "platform/members/queries.ts made": "by objects of the query cache, and gone with them",
  "platform/realtime/hub.ts hub": "whoever holds a topic lets go of it with the session",
  "platform/report.ts sent": "kinds of crashes, without a word of anybody's",
  "platform/session/scope.ts current": "endSession",
  "ui/Toast.tsx listeners": "what is on the screen",
  "ui/Toast.tsx nextId": "a number",
};

/** Variables at a module's top that can hold something later on, and do not forget it. */
function heldBy(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const functions = new Map(
    source.statements.filter(ts.isFunctionDeclaration).map((node) => [node.name?.text ?? "", node.getText()]),
  );
  // What is said to onForget, and the functions of the module that it calls.
  let forgetting = source.statements
    .map((node) => node.getText())
    .filter((statement) => statement.startsWith("onForget("))
    .join("\n");
  for (const [called, whole] of [...functions, ...functions]) {
    if (new RegExp(`\\b${called}\\b`).test(forgetting) && !forgetting.includes(whole)) forgetting += `\n${whole}`;
  }
  const forgets = (variable: string) =>
    new RegExp(`\\b${variable}\\b(\\.(clear|splice|length)\\b|\\s*=[^=>])`).test(forgetting);
  const held: string[] = [];
  for (const statement of source.statements.filter(ts.isVariableStatement)) {
    const { flags, declarations } = statement.declarationList;
    for (const { name: variable, type, initializer } of declarations) {
      const id = variable.getText();
      const made = initializer && ts.isNewExpression(initializer) ? initializer.expression.getText() : "";
      const constant = made.startsWith("Intl.") || /^Readonly(Set|Map)\b/.test(type?.getText() ?? "");
      const written = new RegExp(
        `\\b${id}(\\.(push|unshift|splice|set|add)\\(|\\[[^\\]]+\\]\\s*=[^=>]|\\.\\w+\\s*=[^=>])`,
      );
      const literal =
        initializer && (ts.isArrayLiteralExpression(initializer) || ts.isObjectLiteralExpression(initializer));
      const holds = (flags & ts.NodeFlags.Const) === 0 || made !== "" || (literal && written.test(text));
      if (holds && !constant && !forgets(id)) held.push(`${name} ${id}`);
    }
  }
  return held;
}

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

// REQ COMMS-4
describe("nothing of the former person stays in memory", () => {
  it("whatever module holds something declares it", () => {
    const held = readdirSync(SRC, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !/^(testing\/|api\/schema)/.test(name))
      .flatMap((name) => heldBy(name, readFileSync(join(SRC, name), "utf8")));
    expect(held.sort()).toEqual(Object.keys(OTHERS));
  });

  it("finds every kind of it", () => {
    const text = [
      "let a = 1;",
      "export const b = new Map<string, string>();",
      "const c: string[] = [];\nexport const fill = () => c.push('x');",
      "const d = { last: '' };\nexport function keep(x: string) { d.last = x; }",
      "const e = ofPerson(new Set<string>());",
      "let f = '';\nonForget(() => { f = ''; });",
      "const g: ReadonlySet<string> = new Set();\nconst h = ['fixed'];",
      "let i = 0;\nfunction end() { i = 0; }\nonForget(end);",
    ].join("\n");
    expect(heldBy("x.ts", text)).toEqual(["x.ts a", "x.ts b", "x.ts c", "x.ts d"]);
  });

  it("two sign-ins without a page load", async () => {
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    const client = new QueryClient();
    let setMe: (me: Me) => Promise<void> = () => Promise.reject();
    const Page = () => {
      setMe = useSetMe();
      return <Toasts />;
    };
    render(
      <QueryClientProvider client={client}>
        <Page />
      </QueryClientProvider>,
    );
    const world = new World(9);
    const [room] = world.rooms.values();
    if (!room) throw new Error("no room");
    const person = (id: string) => ({ ...world.me, user: { id, name: id, email: `${id}@example.org` } });
    const summary = (): ChannelSummary => structuredClone(world.summary(room));

    await act(() => setMe(person("usr_ann")));
    openSession(client, "usr_ann", "org_1");
    const before = summary();
    world.onEvent = (id, event) => record(id, event);
    world.post(room, world.members[1]?.id ?? "", "for Ann alone");
    client.setQueryData(channelsKey("org_1"), [before]);
    watch(client, hub, "org_1", before);
    keepPlace("usr_ann room", "visit", "end");
    // Read once, however long reading took: afterwards the same tree is at hand.
    const tree = readNow("a secret of *Ann*");
    act(() => toast("Ann was taken out", { tone: "danger" }));
    const took = vi.fn();
    arriveAt("composer of Ann", took);
    moveTo("elsewhere");
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "A" }));
    expect(replaySummary(before, MINE)).not.toEqual(before);
    expect(placeOf("usr_ann room")).toBe("end");
    expect(readNow("a secret of *Ann*")).toBe(tree);
    expect(socket.topics).toEqual([room.channel.id]);
    expect(screen.queryByText("Ann was taken out")).not.toBeNull();
    const position = mark();

    await act(() => setMe(person("usr_bob")));
    expect(
      client
        .getQueryCache()
        .getAll()
        .map((query) => query.queryKey),
    ).toEqual([["me"]]);
    expect(sessionOf(client)).toBeUndefined();
    expect(socket.topics).toEqual([]);
    expect(replaySummary(before, MINE)).toEqual(before);
    expect(mark()).toBe(position);
    expect(placeOf("usr_ann room")).toBeUndefined();
    expect(readNow("a secret of *Ann*")).not.toBe(tree);
    expect(screen.queryByText("Ann was taken out")).toBeNull();
    moveTo("composer of Ann");
    expect(took).not.toHaveBeenCalled();
    const found = vi.fn();
    arriveAt("elsewhere", found);
    expect(found).not.toHaveBeenCalled();
    arriveAt("composer of Ann", found);
    expect(found).toHaveBeenCalledWith("");
  });
});
