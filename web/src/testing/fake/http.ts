// The stand-in's HTTP side: finds the operation of a request, as the contract's routes say.
import { chat } from "./chat";
import { type Handler, Refused } from "./operation";
import { platform } from "./platform";
import type { World } from "./world";

export const handlers = { ...platform, ...chat };

/** As it is called: what it takes and answers was checked where it was written. */
export type AnyHandler = Omit<Handler<never>, "run"> & {
  run: (call: { world: World; path: object; input: object }) => unknown;
};
const routes = Object.values(handlers as unknown as Record<string, AnyHandler>).map((handler) => {
  const [method = "", path = ""] = handler.route.split(" ");
  return { method, path: new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`), handler };
});

const OPEN = /^\/(setup|session|password|invitations)/;
const NUMBERS = new Set(["limit", "before", "after", "around", "at"]);

const queryOf = (url: URL): object =>
  Object.fromEntries([...url.searchParams].map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]));

function carryOut(world: World, method: string, url: URL, text: string): unknown {
  const path = url.pathname.replace("/api/v1", "");
  if (!world.signedIn && !OPEN.test(path)) throw new Refused(401, "unauthenticated", "Please sign in.");
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (!match) continue;
    const input: object = method === "GET" ? queryOf(url) : text ? JSON.parse(text) : {};
    return route.handler.run({ world, path: { ...match.groups }, input });
  }
  throw new Refused(404, "not_found", `No route ${method} ${path}`);
}

export async function answer(world: World, request: Request): Promise<Response> {
  const text = await request.text();
  await new Promise((done) => setTimeout(done, 40));
  const reply = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  try {
    return reply(structuredClone(carryOut(world, request.method, new URL(request.url), text)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, code, error: said, fields } = error;
    return reply({ error: said, code, requestId: "req_fake", ...(fields ? { fields } : {}) }, status);
  }
}
