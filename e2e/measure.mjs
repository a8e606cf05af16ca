// The front end's speed in a real browser: one's own message on the screen, a change of channel, and scrolling through 54,720
// messages. `node measure.mjs` measures target/debug/holdfast; put a link to a release binary there. Prints one line of JSON,
// times in milliseconds. Compare with another binary in turns, on a machine that does nothing else.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { World } from "./server.mjs";
const world = await World.start();
const out = {};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const spread = (list) => ({ median: +median(list).toFixed(1), min: +Math.min(...list).toFixed(1), max: +Math.max(...list).toFixed(1), n: list.length });
try {
  const page = await world.person();
  await world.setUp(page);
  const dir = join(world.data, "talk"); mkdirSync(dir);
  let state = 7; const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  let n = 0;
  for (let d = 0; d < 38; d++) {
    const date = new Date(Date.UTC(2026, 6, 1 + d)).toISOString().slice(0, 10);
    const lines = Array.from({ length: 1440 }, (_, i) => `[${String(Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}] <${["ada", "bo", "cy"][Math.floor(random() * 3)]}> line ${++n}. ${"more words ".repeat(random() ** 3 * 60)}`);
    writeFileSync(join(dir, `${date}.txt`), lines.join("\n") + "\n");
  }
  await world.command("import", "irc", dir, "--channel", "boats");
  await world.command("demo");
  out.messages = n;
  await page.reload();
  const org = new URL(page.url()).pathname.split("/").slice(0, 3).join("/");
  const id = await page.evaluate(async () => {
    const me = await (await fetch("/api/v1/me")).json();
    const list = await (await fetch(`/api/v1/orgs/${me.memberships[0].org.id}/channels`)).json();
    return list.items.find((c) => c.name === "boats").id;
  });
  await page.goto(`${world.url}${org}/c/${id}`);
  await page.getByRole("button", { name: "Join channel" }).click();
  const composer = page.getByRole("textbox", { name: /^Message / });
  await composer.waitFor();
  await page.waitForTimeout(1500);
  // own message
  await page.evaluate(() => {
    window.own = [];
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const t0 = performance.now(), text = event.target.value;
      const look = new MutationObserver(() => {
        const found = [...document.querySelectorAll('[aria-label^="Messages in"] article')].slice(-3).some((a) => a.textContent.includes(text));
        if (!found) return;
        look.disconnect();
        requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => window.own.push(performance.now() - t0); c.port2.postMessage(0); });
      });
      look.observe(document.body, { childList: true, subtree: true, characterData: true });
    }, true);
  });
  for (let i = 0; i < 40; i++) {
    await composer.pressSequentially(`own message ${i} of mine.`, { delay: 5 });
    await page.keyboard.press("Enter");
    await page.waitForTimeout(250);
  }
  out.own = spread(await page.evaluate(() => window.own));
  // switch
  const names = await page.evaluate(() => [...document.querySelectorAll('nav a[href*="/c/"]')].map((a) => a.getAttribute("href")));
  const visit = async (href) => page.evaluate(async (href) => {
    const link = [...document.querySelectorAll('nav a[href*="/c/"]')].find((a) => a.getAttribute("href") === href);
    const before = document.querySelector('[aria-label^="Messages in"]')?.getAttribute("aria-label");
    const t0 = performance.now();
    link.click();
    return new Promise((done) => {
      const until = () => {
        const list = document.querySelector('[aria-label^="Messages in"]');
        const there = list && list.getAttribute("aria-label") !== before && list.querySelector("article");
        if (!there && performance.now() - t0 < 5000) return requestAnimationFrame(until);
        const c = new MessageChannel(); c.port1.onmessage = () => done(performance.now() - t0); c.port2.postMessage(0);
      };
      requestAnimationFrame(until);
    });
  }, href);
  const first = [], again = [];
  for (let round = 0; round < 6; round++) for (const href of names) {
    if (new URL(page.url()).pathname === href) continue;
    (round === 0 ? first : again).push(await visit(href));
    await page.waitForTimeout(200);
  }
  out.switchFirst = spread(first); out.switchAgain = spread(again);
  // scrolling
  await page.goto(`${world.url}${org}/c/${id}`);
  await composer.waitFor();
  await page.waitForTimeout(1500);
  out.scroll = await page.evaluate(async () => {
    const list = [...document.querySelectorAll('[aria-label^="Messages in"], [aria-label^="Messages in"] *')].find((e) => e.scrollHeight > e.clientHeight + 100 && /auto|scroll/.test(getComputedStyle(e).overflowY));
    let long = [];
    new PerformanceObserver((l) => l.getEntries().forEach((e) => long.push(Math.round(e.duration)))).observe({ type: "longtask" });
    const deltas = []; let last = performance.now(); const end = last + 15000; let moved = 0;
    while (last < end) {
      await new Promise((d) => requestAnimationFrame(d));
      const now = performance.now(); deltas.push(now - last); last = now;
      const top = list.scrollTop; list.scrollTop -= 90; moved += top - list.scrollTop;
    }
    deltas.sort((a, b) => a - b);
    return { frames: deltas.length, hz: +(deltas.length / 15).toFixed(1), p50: +deltas[deltas.length >> 1].toFixed(1), p99: +deltas[Math.floor(deltas.length * 0.99)].toFixed(1), max: +deltas.at(-1).toFixed(1), long, moved: Math.round(moved) };
  });
  out.complaints = page.complaints;
} finally { await world.end(); }
console.log(JSON.stringify(out));
