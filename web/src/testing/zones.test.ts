// The walls: shell → apps → platform → api, ui, lib. No app imports another, the shell knows apps by their manifests alone
// and from one list, ui neither fetches nor routes, HTML enters the page nowhere, and storage is touched in one.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "..");
const MAY: Record<string, readonly string[]> = {
  // Starts the application; what is for tests alone stands beside the walls.
  "main.tsx": ["shell", "platform", "api", "lib", "testing"],
  testing: ["testing", "shell", "apps", "platform", "api", "ui", "lib"],
  lib: ["lib"],
  ui: ["ui", "lib"],
  api: ["api", "lib"],
  platform: ["platform", "api", "ui", "lib"],
  apps: ["apps", "platform", "api", "ui", "lib"],
  shell: ["shell", "apps", "platform", "api", "ui", "lib"],
};

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SRC, name), "utf8") }));

const importsOf = (text: string) =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");

function targetOf(name: string, specifier: string): string | null {
  if (specifier.startsWith("@/")) return specifier.slice(2);
  if (specifier.startsWith(".")) return relative(SRC, resolve(SRC, dirname(name), specifier));
  return null;
}

// REQ UI-1
describe("zones", () => {
  it("every import goes down or stays", () => {
    const wrong: string[] = [];
    let seen = 0;
    for (const { name, text } of files) {
      const [zone = "", app] = name.split("/");
      const may = MAY[zone];
      // Whoever adds a folder says what it may import.
      if (!may) wrong.push(`${name}: in no zone`);
      if (!may) continue;
      for (const specifier of importsOf(text)) {
        const target = targetOf(name, specifier);
        if (target === null || target === "index.css") continue;
        seen += 1;
        const [toZone = "", toApp] = target.split("/");
        if (!may.includes(toZone)) wrong.push(`${name} → ${target}`);
        if (zone === "apps" && toZone === "apps" && app !== toApp) wrong.push(`${name} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(seen, "imports that were looked at").toBeGreaterThan(400);
  });

  it("the shell knows apps by their manifests alone, and from one list", () => {
    const known = files
      .filter(({ name }) => name.startsWith("shell/"))
      .flatMap(({ name, text }) =>
        importsOf(text).map((specifier) => ({ name, target: targetOf(name, specifier) ?? "" })),
      )
      .filter(({ target }) => target.startsWith("apps/"));
    expect(known.filter(({ name, target }) => name !== "shell/apps.ts" || !/^apps\/\w+\/app$/.test(target))).toEqual(
      [],
    );
    const apps = readdirSync(join(SRC, "apps"));
    expect(known.map(({ target }) => target.split("/")[1]).sort()).toEqual(apps.sort());
  });

  it("a manifest brings no code of its app into the first page", () => {
    const manifests = files.filter(({ name }) => /^apps\/\w+\/app\.tsx?$/.test(name));
    const wrong = manifests.flatMap(({ name, text }) =>
      [...text.matchAll(/^(?:import|export) [^;]*?from "([^"]+)"/gm)]
        .map((match) => targetOf(name, match[1] ?? "") ?? "")
        .filter((target) => target.startsWith("apps/"))
        .map((target) => `${name} → ${target}`),
    );
    expect(manifests.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it("ui fetches nothing and knows no router", () => {
    const wrong = files
      .filter(({ name }) => name.startsWith("ui/"))
      .filter(({ text }) => /@tanstack|\bfetch\(/.test(text))
      .map(({ name }) => name);
    expect(wrong).toEqual([]);
  });

  it("headless primitives are wrapped once", () => {
    const wrong = files
      .filter(
        ({ name, text }) => text.includes("@base-ui/react/") && !name.startsWith("ui/") && name !== "shell/Root.tsx",
      )
      .map(({ name }) => name);
    expect(wrong).toEqual([]);
  });

  it("nothing puts HTML into the page, one file touches storage", () => {
    const having = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
    expect(having(/dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML/)).toEqual([]);
    // The stand-in for the server is no part of a build.
    const kept = having(/\b(localStorage|sessionStorage|indexedDB|caches)\b\??\./);
    expect(kept.filter((name) => !name.startsWith("testing/"))).toEqual(["lib/storage.ts"]);
  });

  it("what is exported is imported somewhere, and not by tests alone", () => {
    const named = /^export (?:async )?(?:function|const|let|class|interface|type) (\w+)/gm;
    const words = new Map(files.map(({ name, text }) => [name, text.match(/\w+/g) ?? []]));
    const users = new Map<string, Set<string>>();
    for (const [name, all] of words) for (const word of all) users.set(word, (users.get(word) ?? new Set()).add(name));
    const own = files.filter(({ name }) => !/^(testing\/|api\/schema)/.test(name));
    const wrong = own.flatMap(({ name, text }) =>
      [...text.matchAll(named)]
        .map((match) => match[1] ?? "")
        .filter((what) => {
          const elsewhere = [...(users.get(what) ?? [])].some((user) => user !== name && !user.startsWith("testing/"));
          // A test may look inside; what nothing at all uses is dead. Types may be named for whoever reads.
          const inside = words.get(name)?.filter((word) => word === what).length ?? 0;
          return !elsewhere && inside < 2;
        })
        .map((what) => `${name} ${what}`),
    );
    expect(wrong).toEqual([]);
  });

  it("files stay readable: under 500 lines, and each says what it is for", () => {
    const own = files.filter(({ name }) => name !== "api/schema.ts");
    expect(own.filter(({ text }) => text.split("\n").length > 500).map(({ name }) => name)).toEqual([]);
    expect(own.filter(({ text }) => !text.startsWith("//")).map(({ name }) => name)).toEqual([]);
  });
});
