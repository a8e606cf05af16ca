// One team's first day: set-up, an invitation, talk in two browsers, a lost connection, a crash, a stolen device.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World, password, shot, violations } from "../server.mjs";

let world, olga, ben;

before(async () => {
  world = await World.start();
  olga = await world.person();
  ben = await world.person();
});
after(() => world?.end());

const composer = (page) => page.getByRole("textbox", { name: /^Message / });
const messages = (page) => page.getByLabel(/^Messages in /);
async function say(page, text) {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}
const see = (page, text) => messages(page).getByText(text, { exact: true }).waitFor();
const quiet = (...pages) => assert.deepEqual(pages.flatMap((page) => page.complaints), []);

// REQ RUN-1, UI-4
test("the first person sets it up with the link from the console", async () => {
  await olga.goto(world.setupLink);
  await olga.getByLabel("Organisation").waitFor();
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "set-up");
  await world.setUp(olga);
  await olga.getByText("No channels yet").first().waitFor();
  assert.deepEqual(await violations(olga), []);
  const again = await world.person();
  await again.goto(world.setupLink);
  await again.getByText("Holdfast is already set up.").waitFor();
  await again.context().close();
  quiet(olga);
});

// REQ UI-7
test("an empty place says what to do, and the first page is light", async (t) => {
  await olga.getByText("Create the first one for your team.").first().waitFor();
  // A browser that has nothing in its cache.
  const fresh = await world.person({ storageState: await olga.context().storageState() });
  await fresh.goto(olga.url());
  await fresh.getByText("Create the first one for your team.").first().waitFor();
  const { bytes, requests, ready } = await fresh.evaluate(() => {
    const loaded = performance.getEntriesByType("resource");
    return {
      ready: performance.now(),
      requests: loaded.length,
      bytes: loaded.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
  t.diagnostic(`ready after ${Math.round(ready)} ms, ${requests} requests, ${Math.round(bytes / 1024)} KiB`);
  assert.ok(bytes < 450 * 1024, `${bytes} bytes`);
  assert.ok(requests < 40, `${requests} requests`);
  quiet(fresh);
  await fresh.context().close();
});

// REQ ID-7
test("a colleague is invited and joins", async () => {
  await world.join(olga, ben, "Ben Builder", "ben");
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "members");
  quiet(olga, ben);
});

// REQ RT-1, COMMS-2, UI-5
test("two people talk in real time", async () => {
  await olga.getByRole("button", { name: /create a channel|new channel/i }).first().click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByLabel("Name").fill("general");
  await dialog.getByRole("button", { name: "Create channel" }).click();
  await olga.waitForURL(/\/c\/chn_/);
  await ben.goto(olga.url());
  await ben.getByRole("button", { name: "Join channel" }).click();
  await composer(ben).waitFor();
  await say(olga, "Good morning!");
  await see(ben, "Good morning!");
  await say(ben, "Morning, **Olga**");
  await messages(olga).locator("strong", { hasText: "Olga" }).waitFor();
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "talk");
  quiet(olga, ben);
});

// REQ UI-6, COMMS-2 (attacks N4, N5)
test("hostile text stays text", async () => {
  for (const text of [
    "<img src=x onerror=\"window.stung=1\">",
    "[click](javascript:window.stung=1) <svg onload=\"window.stung=1\">",
    "<iframe srcdoc=\"<script>parent.stung=1</script>\"></iframe><base href=//evil.example>",
  ]) {
    await say(olga, text);
  }
  await say(olga, "after the storm");
  await see(ben, "after the storm");
  for (const page of [olga, ben]) {
    assert.equal(await page.evaluate(() => window.stung), undefined);
    assert.equal(await messages(page).locator("iframe, script, base, [onerror], [onload], a[href^=javascript]").count(), 0);
  }
  quiet(olga, ben);
});

// REQ UI-5, RT-2
test("offline is said honestly, nothing typed is lost, and nothing said is missed", async () => {
  await ben.context().setOffline(true);
  await ben.getByText(/offline/i).first().waitFor();
  await say(ben, "written on the train");
  await say(olga, "while Ben was away");
  await shot(ben, "offline");
  await composer(ben).fill("half a thought");
  await ben.context().setOffline(false);
  await see(olga, "written on the train");
  await see(ben, "while Ben was away");
  await ben.reload();
  await see(ben, "written on the train");
  assert.equal(await composer(ben).inputValue(), "half a thought");
  assert.equal(await messages(ben).getByText("written on the train", { exact: true }).count(), 1);
  await composer(ben).fill("");
});

// REQ RT-3
test("a crash of the server loses nothing that was said", async () => {
  await say(olga, "before the crash");
  await see(ben, "before the crash");
  await world.kill("SIGKILL");
  await say(olga, "during the crash");
  await world.boot();
  await see(ben, "during the crash");
  await see(olga, "during the crash");
  assert.equal(await messages(ben).getByText("before the crash", { exact: true }).count(), 1);
  assert.equal(await messages(ben).getByText("during the crash", { exact: true }).count(), 1);
});

// REQ UI-4
test("it works on a phone, in the dark", async () => {
  const phone = await world.person({ viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true });
  await phone.goto(`${world.url}/sign-in`);
  assert.deepEqual(await violations(phone), []);
  await shot(phone, "phone-sign-in");
  await phone.getByLabel("Email").fill("olga@example.org");
  await phone.getByLabel("Password", { exact: true }).fill(password);
  await phone.getByRole("button", { name: "Sign in" }).click();
  await phone.waitForURL(/\/o\//);
  await phone.goto(olga.url());
  await see(phone, "Good morning!");
  assert.deepEqual(await violations(phone), []);
  await shot(phone, "phone-talk");
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, "nothing is cut off at the side");
  quiet(phone);
  await phone.context().close();
});

// REQ UI-4
test("every page meets the accessibility rules, light and dark", async () => {
  const home = olga.url().replace(/\/c\/.*/, "");
  for (const path of ["/channels", "/members", "/audit", "/settings/profile", "/settings/sessions"]) {
    await olga.goto(home + path);
    const heading = olga.getByRole("heading", { level: 1 });
    await heading.waitFor();
    await olga.waitForLoadState("networkidle");
    assert.match(await olga.title(), new RegExp(`^(\\(\\d+\\) )?${await heading.textContent()} · .+ · Holdfast$`));
    for (const colorScheme of ["light", "dark"]) {
      await olga.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(olga), [], `${path}, ${colorScheme}`);
      await shot(olga, `page${path.replaceAll("/", "-")}-${colorScheme}`);
    }
  }
  await olga.emulateMedia({ colorScheme: "light" });
  const visitor = await world.person();
  for (const path of ["/sign-in", "/forgot", "/invite", "/reset", "/no/such/page"]) {
    await visitor.goto(world.url + path);
    await visitor.getByRole("heading", { level: 1 }).waitFor();
    assert.deepEqual(await violations(visitor), [], path);
  }
  await visitor.context().close();
  quiet(olga);
});

// REQ UI-4
test("what is still loading, and what could not be loaded, meets them too", async () => {
  const home = olga.url().split("/").slice(0, 5).join("/");
  const lists = /\/api\/v1\/orgs\/[^/]+\/channels(\?|$)/;
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    await olga.setViewportSize(viewport);
    const held = [];
    await olga.route(lists, (route) => void held.push(route));
    for (const path of ["", "/c/chn_00000000000000000000000000000000"]) {
      const asked = olga.waitForRequest(lists);
      await olga.goto(home + path);
      await asked;
      // The first status of all is the connection's, which is silent as long as there is one.
      await olga.getByRole("status").filter({ visible: true }).first().waitFor();
      await olga.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
      assert.deepEqual(await violations(olga), [], `loading ${path}, ${viewport.width}`);
    }
    await olga.unroute(lists);
    await olga.route(lists, (route) => route.fulfill({ status: 403, json: { code: "forbidden", error: "No.", requestId: "req_1" } }));
    await olga.goto(home);
    await olga.getByRole("button", { name: "Try again" }).first().waitFor();
    assert.deepEqual(await violations(olga), [], `failed, ${viewport.width}`);
    await olga.unroute(lists);
  }
  await olga.setViewportSize({ width: 1280, height: 800 });
  await olga.goto(home);
  olga.complaints.length = 0;
});

// REQ COMMS-4
test("who reads at the end has read what came, also when it came fast", async () => {
  const left = ben.url();
  // Twenty a second, as a program posts.
  const path = await olga.evaluate(async () => {
    const { csrfToken, memberships } = await (await fetch("/api/v1/me")).json();
    const { id, slug } = memberships[0].org;
    const post = (to, body) =>
      fetch(`/api/v1/orgs/${id}/channels${to}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
        body: JSON.stringify(body),
      }).then((answer) => answer.json());
    const { id: channel } = await post("", { name: "storm", topic: "", kind: "public" });
    window.storm = async () => {
      for (let line = 1; line <= 40; line++) {
        void post(`/${channel}/messages`, { clientId: crypto.randomUUID(), body: `fast ${line}` });
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    return `/o/${slug}/c/${channel}`;
  });
  await ben.goto(world.url + path);
  await ben.getByRole("button", { name: "Join channel" }).click();
  await composer(ben).waitFor();
  await olga.evaluate(() => window.storm());
  await see(ben, "fast 40");
  const unread = () =>
    ben.evaluate(async () => {
      const { memberships } = await (await fetch("/api/v1/me")).json();
      const { items } = await (await fetch(`/api/v1/orgs/${memberships[0].org.id}/channels`)).json();
      return items.find((channel) => channel.name === "storm").unread;
    });
  for (let tries = 0; tries < 40 && (await unread()) > 0; tries++) await ben.waitForTimeout(100);
  assert.equal(await unread(), 0);
  assert.equal(await ben.getByRole("button", { name: "Mark as read" }).count(), 0);
  quiet(olga, ben);
  await ben.goto(left);
});

// REQ ID-3, UI-8
test("a session ended elsewhere ends at once, and signing out leaves nothing behind", async () => {
  const stolen = await world.person();
  await stolen.goto(`${world.url}/sign-in`);
  await stolen.getByLabel("Email").fill("ben@example.org");
  await stolen.getByLabel("Password", { exact: true }).fill(password);
  await stolen.getByRole("button", { name: "Sign in" }).click();
  await stolen.waitForURL(/\/o\//);
  await stolen.goto(ben.url());
  await see(stolen, "Good morning!");
  await ben.goto(ben.url().replace(/\/c\/.*/, "/settings/sessions"));
  await ben.getByRole("button", { name: /end all other|sign out all other|all others/i }).click();
  const confirm = ben.getByRole("alertdialog").or(ben.getByRole("dialog"));
  if (await confirm.isVisible().catch(() => false)) await confirm.getByRole("button").last().click();
  await stolen.waitForURL(/\/sign-in/);
  assert.equal(await stolen.getByText("Good morning!").count(), 0);
  const kept = await stolen.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(kept, /morning|olga|general/i, kept);
  await stolen.context().close();
  await ben.getByRole("button", { name: /Ben Builder/ }).click();
  await ben.getByRole("menuitem", { name: /sign out/i }).click();
  await ben.waitForURL(/\/sign-in/);
  await ben.waitForFunction(() => localStorage.length + sessionStorage.length + document.cookie.length === 0);
});
