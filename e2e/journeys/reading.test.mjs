// Reading and writing in a long conversation: where it opens, what counts as read, what is kept, and what keys do.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { World, shot, violations } from "../server.mjs";

let world, olga, boats, team;

const composer = (page) => page.getByRole("textbox", { name: /^Message / });
const messages = (page) => page.getByLabel(/^Messages in /);
const quiet = (...pages) => assert.deepEqual(pages.flatMap((page) => page.complaints), []);
const settled = (page) => page.evaluate(() => new Promise((done) => setTimeout(done, 700)));

/** Random heights, the same in every run. */
let state = 7;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

/** A day of talk, one line a minute, whose lines say their number in the whole. */
function day(dir, date, from, count) {
  const lines = Array.from({ length: count }, (_, i) => {
    const time = `${String(Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}`;
    return `[${time}] <${["ada", "bo", "cy"][Math.floor(random() * 3)]}> line ${from + i}. ${"more words ".repeat(random() ** 3 * 60)}`;
  });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `${date}.txt`), `${lines.join("\n")}\n`);
  return world.command("import", "irc", dir, "--channel", "boats");
}

/** The messages on the screen, from above. */
const onScreen = (page) =>
  messages(page).evaluate((list) => {
    const box = list.getBoundingClientRect();
    return [...list.querySelectorAll("article[data-message]")]
      .map((row) => ({ row, at: row.getBoundingClientRect() }))
      .filter(({ at }) => at.bottom > box.top && at.top < box.bottom)
      .sort((a, b) => a.at.top - b.at.top)
      .map(({ row, at }) => ({
        seq: Number(row.dataset.seq),
        line: Number(/line (\d+)\./.exec(row.textContent)?.[1]),
        top: at.top - box.top,
        bottom: box.bottom - at.bottom,
        whole: at.bottom <= box.bottom + 1,
      }));
  });
const channelOf = (page, id) =>
  page.evaluate(async (id) => {
    const me = await (await fetch("/api/v1/me")).json();
    const list = await (await fetch(`/api/v1/orgs/${me.memberships[0].org.id}/channels`)).json();
    return list.items.find((channel) => channel.id === id || channel.name === id);
  }, id);
/** As a link in the page goes there. */
const visit = (page, path) =>
  page.evaluate((path) => {
    history.pushState({ __TSR_key: crypto.randomUUID() }, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);

before(async () => {
  world = await World.start();
  olga = await world.person();
  await world.setUp(olga);
  await day(join(world.data, "talk-1"), "2026-01-05", 1, 150);
  await olga.reload();
  const found = await channelOf(olga, "boats");
  const org = new URL(olga.url()).pathname.split("/").slice(0, 3).join("/");
  boats = `${org}/c/${found.id}`;
  await olga.goto(world.url + boats);
  await olga.getByRole("button", { name: "Join channel" }).click();
  await composer(olga).waitFor();
  await olga.goto(`${world.url}${org}/channels`);
  await olga.getByRole("button", { name: "New channel" }).first().click();
  await olga.getByRole("dialog").getByLabel("Name").fill("team");
  await olga.getByRole("dialog").getByRole("button", { name: "Create channel" }).click();
  await olga.waitForURL(/\/c\/chn_/);
  team = new URL(olga.url()).pathname;
  await day(join(world.data, "talk-2"), "2026-02-06", 151, 400);
});
after(() => world?.end());

async function open(page, name) {
  await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
  await page.getByRole("textbox", { name: `Message #${name}` }).waitFor();
}

// REQ COMMS-4
test("a conversation opens at the first new message, and what was on the screen is read, no more", async () => {
  await olga.goto(world.url + boats);
  await messages(olga).getByText("New messages", { exact: true }).waitFor();
  await settled(olga);
  const rows = await onScreen(olga);
  const first = rows.findIndex((row) => row.line === 151);
  assert.ok(first > 0, `in sight, below what was read: ${JSON.stringify(rows.map((row) => row.line))}`);
  const seen = rows.filter((row) => row.whole).at(-1);
  let channel;
  for (let tries = 0; tries < 40 && channel?.readSeq !== seen.seq; tries++) {
    await olga.waitForTimeout(100);
    channel = await channelOf(olga, "boats");
  }
  assert.equal(channel.readSeq, seen.seq);
  assert.equal(channel.unread, 100, "more than are counted");
  await olga.getByRole("button", { name: /Jump to latest, 99\+ new/ }).waitFor();
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "first-unread");
});

// REQ COMMS-4
test("jumping to the newest reads nothing that was passed over, and the way back is exact", async () => {
  const before = (await channelOf(olga, "boats")).readSeq;
  await olga.getByRole("button", { name: /Jump to latest/ }).click();
  await messages(olga).getByText(/^line 550\./).waitFor();
  await settled(olga);
  assert.equal((await channelOf(olga, "boats")).readSeq, before);
  await shot(olga, "newest");
  // Not all of them are above, and nobody has counted them: at least a hundred without those on the screen.
  const back = olga.getByRole("button", { name: /Jump to \d+\+ new/ });
  const said = Number(/(\d+)\+/.exec(await back.textContent())[1]);
  assert.ok(said <= 99 && said >= 100 - (await onScreen(olga)).length, `${said}+`);
  await back.click();
  await settled(olga);
  assert.ok((await onScreen(olga)).some((row) => row.seq === before + 1));
  await olga.getByRole("button", { name: /Jump to latest/ }).click();
  await olga.getByRole("button", { name: "Mark as read" }).click();
  await olga.getByRole("button", { name: "Mark as read" }).waitFor({ state: "hidden" });
});

// REQ COMMS-4
test("from a message on, everything is unread again until the conversation is opened anew", async () => {
  await messages(olga).getByText(/^line 549\./).waitFor();
  const rows = await onScreen(olga);
  const from = rows.at(-4);
  await messages(olga).locator(`[data-seq="${from.seq}"]`).hover();
  await olga.getByRole("button", { name: "More actions" }).click();
  await olga.getByRole("menuitem", { name: /Mark unread from here/ }).click();
  await settled(olga);
  await settled(olga);
  const channel = await channelOf(olga, "boats");
  assert.deepEqual([channel.readSeq, channel.unread], [from.seq - 1, 4]);
  await open(olga, "team");
  await open(olga, "boats");
  await settled(olga);
  await settled(olga);
  assert.equal((await channelOf(olga, "boats")).unread, 0);
});

// REQ UI-4
test("a link to a message shows it, every time, from wherever one comes", async () => {
  const { head } = await channelOf(olga, "boats");
  for (let tries = 0; tries < 25; tries++) {
    const seq = 10 + Math.floor(random() * (head - 20));
    await visit(olga, `${boats}?at=${seq}`);
    const row = messages(olga).locator(`[data-seq="${seq}"]`);
    await row.waitFor({ state: "attached" });
    await settled(olga);
    const at = (await onScreen(olga)).find((shown) => shown.seq === seq);
    assert.ok(at, `try ${tries}: ${seq} is not in sight`);
    const box = await messages(olga).boundingBox();
    const middle = (at.top + (box.height - at.bottom)) / 2;
    if (seq > 30 && seq < head - 30) assert.ok(Math.abs(middle - box.height / 2) < 40, `try ${tries}: ${seq} at ${middle}`);
  }
  quiet(olga);
});

// REQ UI-4
test("a message's link to another message is followed here, and again after one has gone on", async () => {
  await visit(olga, team);
  await composer(olga).fill(`see ${world.url}${boats}?at=200`);
  await composer(olga).press("Enter");
  const link = messages(olga).getByRole("link", { name: /at=200/ });
  const shows = (seq) => messages(olga).locator(`[data-seq="${seq}"]`).waitFor({ state: "attached" });
  const tabs = olga.context().pages().length;
  await link.click();
  await shows(200);
  await settled(olga);
  assert.ok((await onScreen(olga)).some((row) => row.seq === 200));
  await olga.goBack();

  // The same address twice in a row, from within the conversation.
  await link.waitFor();
  await visit(olga, `${boats}?at=400`);
  await shows(400);
  await composer(olga).fill(`see ${world.url}${boats}?at=200`);
  await composer(olga).press("Enter");
  for (let tries = 0; tries < 3; tries++) {
    await link.last().click();
    await shows(200);
    await settled(olga);
    assert.ok((await onScreen(olga)).some((row) => row.seq === 200), `try ${tries}`);
    await olga.getByRole("button", { name: /Jump to latest/ }).click();
    await link.last().waitFor();
    await settled(olga);
  }
  // Entered once more, as the address bar does it.
  await olga.goto(`${world.url}${boats}?at=200`);
  await shows(200);
  await settled(olga);
  assert.ok((await onScreen(olga)).some((row) => row.seq === 200), "entered again");
  assert.equal(olga.context().pages().length, tabs);
  // Asked for a tab, it is one.
  const [tab] = await Promise.all([
    olga.context().waitForEvent("page"),
    (async () => {
      await olga.getByRole("button", { name: /Jump to latest/ }).click();
      await link.last().click({ modifiers: ["ControlOrMeta"] });
    })(),
  ]);
  await tab.close();
  await olga.bringToFront();
  quiet(olga);
});

// REQ UI-4
test("Back leads to where one was, and so does switching", async () => {
  await visit(olga, `${boats}?at=200`);
  await settled(olga);
  await messages(olga).hover();
  await olga.mouse.wheel(0, 1700);
  await settled(olga);
  const place = (await onScreen(olga))[0];
  for (const leave of [
    async () => {
      await visit(olga, `${boats}?at=400`);
      await settled(olga);
      await olga.goBack();
    },
    async () => {
      await open(olga, "team");
      await olga.goBack();
    },
    async () => {
      await open(olga, "team");
      await open(olga, "boats");
    },
    () => olga.reload(),
  ]) {
    await leave();
    await messages(olga).locator(`[data-seq="${place.seq}"]`).waitFor({ state: "attached" });
    await settled(olga);
    const now = (await onScreen(olga)).find((row) => row.seq === place.seq);
    assert.ok(now && Math.abs(now.top - place.top) <= 2, `${leave}: ${JSON.stringify([place, now])}`);
  }
});

// REQ UI-4
test("the day that is read is in sight, and leads to another one", async () => {
  await olga.getByRole("button", { name: /February.*jump to another day/ }).click();
  await olga.getByLabel("Day", { exact: true }).fill("2026-02-06");
  await olga.getByRole("button", { name: "Go", exact: true }).click();
  await messages(olga).getByText(/^line 151\./).waitFor();
  await settled(olga);
  // It is called by itself, and not by the end of the day before.
  await olga.getByRole("button", { name: /February 6.*jump to another day/ }).click();
  await olga.getByLabel("Day", { exact: true }).fill("2026-01-05");
  await shot(olga, "days");
  await olga.getByRole("button", { name: "Go", exact: true }).click();
  await messages(olga).getByText(/^line 1\./).waitFor();
  await settled(olga);
  assert.equal((await onScreen(olga)).find((row) => row.line >= 1).line, 1);
});

// REQ UI-5
test("Up corrects the last message, though it is far away, and no key goes astray", async () => {
  await composer(olga).fill("teh last word");
  await composer(olga).press("Enter");
  await messages(olga).getByText("teh last word").waitFor();
  await messages(olga).hover();
  await olga.mouse.wheel(0, -6000);
  await settled(olga);
  await composer(olga).focus();
  await olga.keyboard.press("ArrowUp");
  await olga.keyboard.type(", mended");
  assert.equal(await composer(olga).inputValue(), "");
  const editor = olga.getByRole("textbox", { name: "Edit message text" });
  assert.equal(await editor.inputValue(), "teh last word, mended");
  assert.ok(await editor.evaluate((field) => field.getBoundingClientRect().bottom < innerHeight && field.getBoundingClientRect().top > 0));
  await shot(olga, "edit");
  // Kept: far away, in another conversation, through a reload.
  await messages(olga).hover();
  await olga.mouse.wheel(0, -9000);
  await settled(olga);
  assert.equal(await editor.inputValue(), "teh last word, mended");
  await open(olga, "team");
  await open(olga, "boats");
  await olga.reload();
  await composer(olga).waitFor();
  await composer(olga).press("ArrowUp");
  await olga.waitForFunction(() => document.activeElement?.ariaLabel === "Edit message text");
  assert.equal(await editor.inputValue(), "teh last word, mended");
  await olga.keyboard.press("Enter");
  await editor.waitFor({ state: "hidden" });
  await messages(olga).getByText("teh last word, mended").waitFor();
});

// REQ RT-2
test("after a time without a connection the end is the end", async () => {
  await visit(olga, boats);
  await settled(olga);
  if (await olga.getByRole("button", { name: /Jump to latest/ }).count()) {
    await olga.getByRole("button", { name: /Jump to latest/ }).click();
    await settled(olga);
  }
  await olga.context().setOffline(true);
  await olga.getByText(/offline/i).first().waitFor();
  await day(join(world.data, "talk-3"), "2026-03-07", 551, 12);
  await olga.context().setOffline(false);
  await messages(olga).getByText(/^line 562\./).waitFor();
  await settled(olga);
  const gap = await messages(olga).evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop);
  assert.ok(gap <= 1, `${gap} pixels above the end`);
});

// REQ UI-5
test("a draft is one in all tabs, and gone in all when it is sent", async () => {
  const idle = await olga.context().newPage();
  idle.complaints = [];
  await idle.goto(world.url + team);
  await composer(idle).waitFor();
  await olga.goto(world.url + team);
  await composer(olga).pressSequentially("one thought");
  await idle.waitForFunction(() => document.querySelector("[data-composer]").value === "one thought");
  // Who comes back to it goes on from its end.
  await olga.reload();
  await olga.waitForFunction(() => document.activeElement?.matches("[data-composer]") && document.activeElement.value !== "");
  await olga.keyboard.type(" more");
  await idle.waitForFunction(() => document.querySelector("[data-composer]").value === "one thought more");
  await composer(olga).press("Enter");
  await idle.waitForFunction(() => document.querySelector("[data-composer]").value === "");
  await idle.close();
  await olga.reload();
  await composer(olga).waitFor();
  assert.equal(await composer(olga).inputValue(), "");
});

// REQ UI-4
test("undo takes back what became of what was typed", async () => {
  const field = composer(olga);
  const holds = (text) =>
    olga.waitForFunction((text) => document.querySelector("[data-composer]").value === text, text, { timeout: 3000 });
  const undo = () => olga.keyboard.press("ControlOrMeta+z");
  await olga.bringToFront();
  await field.pressSequentially("party :tada:");
  await holds("party 🎉");
  await undo();
  await holds("party :tada:");
  await olga.keyboard.press("ControlOrMeta+Shift+z");
  await holds("party 🎉");
  await field.pressSequentially(" @ol");
  await olga.getByRole("option", { name: /Olga/ }).waitFor();
  await field.press("Enter");
  await holds("party 🎉 @olga ");
  await undo();
  await holds("party 🎉 @ol");
  await field.press("Escape");
  // Where the caret was, not at the end.
  await field.press("Home");
  await olga.getByRole("button", { name: "Pick an emoji" }).click();
  await olga.getByRole("searchbox", { name: "Find an emoji" }).fill("rocket");
  await olga.keyboard.press("Enter");
  await holds("🚀party 🎉 @ol");
  await olga.waitForFunction(() => document.activeElement?.hasAttribute("data-composer"));
  await undo();
  await holds("party 🎉 @ol");
  await field.fill("");
  quiet(olga);
});

// REQ UI-4
test("who deletes sees what, and Enter on what has the focus leaves it", async () => {
  await olga.bringToFront();
  await messages(olga).getByText("one thought").hover();
  await olga.getByRole("button", { name: "More actions" }).click();
  await olga.getByRole("menuitem", { name: /Delete message/ }).click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByText("one thought").waitFor();
  await olga.waitForFunction(() => document.activeElement?.textContent?.includes("Cancel"));
  await shot(olga, "delete");
  await olga.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  await messages(olga).getByText("one thought").waitFor();
});

// REQ UI-4
test("who closes a dialog goes on where they were", async () => {
  await olga.bringToFront();
  const dialog = olga.getByRole("dialog");
  const leave = async () => {
    await olga.waitForFunction(() => document.querySelector('[role="dialog"]')?.contains(document.activeElement));
    await olga.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  };
  const row = messages(olga).locator("article", { hasText: "one thought" });
  await row.hover();
  await olga.getByRole("button", { name: "More actions" }).click();
  await olga.getByRole("menuitem", { name: /Delete message/ }).click();
  // The pointer is elsewhere by then, and the row's tools are gone with it.
  await olga.mouse.move(5, 5);
  await leave();
  await olga.waitForFunction(() => document.activeElement?.closest("article")?.textContent.includes("one thought"));

  for (const name of ["New message", "New channel"]) {
    await olga.getByRole("button", { name }).first().click();
    await leave();
    await olga.waitForFunction((name) => document.activeElement?.ariaLabel === name, name);
  }

  // One dialog above the other.
  await olga.getByRole("button", { name: /show details$/ }).click();
  await dialog.getByRole("button", { name: "Leave channel" }).click();
  await olga.getByRole("button", { name: "Cancel" }).click();
  await olga.waitForFunction(() => document.activeElement?.textContent === "Leave channel");
  await leave();
  await olga.waitForFunction(() => document.activeElement?.ariaLabel?.endsWith("show details"));
});

// REQ UI-4
test("looks right on a phone and in the dark", async () => {
  for (const [name, options] of [
    ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true }],
    ["dark", { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }],
  ]) {
    const page = await world.person({ ...options, storageState: await olga.context().storageState() });
    await page.goto(`${world.url}${boats}?at=200`);
    await messages(page).locator('[data-seq="200"]').waitFor({ state: "attached" });
    await settled(page);
    assert.deepEqual(await violations(page), []);
    await shot(page, `reading-${name}`);
    quiet(page);
    await page.context().close();
  }
});
