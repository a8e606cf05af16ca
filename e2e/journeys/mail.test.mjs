// What comes by mail: an invitation is accepted, a lost password is replaced, and whoever had got in meanwhile is out.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { World, password, shot } from "../server.mjs";

const newPassword = "mirror otter plankton velvet";
const mails = [];
let catcher, world, olga, ben;

/** A mail server of its own; what it is given is in `mails`. */
async function catchMail() {
  catcher = spawn("node", [resolve(import.meta.dirname, "../catcher.mjs"), "--json"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: catcher.stdout });
  const [first] = await once(lines, "line");
  lines.on("line", (line) => {
    const { mail } = JSON.parse(line);
    if (mail) mails.push(mail);
  });
  return JSON.parse(first).port;
}

/** The next mail to this address that has not been asked for. */
async function nextMail(address) {
  for (let tries = 0; tries < 400; tries++) {
    const at = mails.findIndex((mail) => mail.recipients.includes(address));
    if (at >= 0) return mails.splice(at, 1)[0];
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no mail to ${address}; there are ${JSON.stringify(mails)}`);
}

/** Opens a mail as a reader would, without letting it fetch anything, and follows its link. */
async function open(mail, page, name) {
  const reader = await world.person();
  let fetched = 0;
  await reader.route("**", (route) => {
    fetched++;
    return route.abort();
  });
  await reader.setContent(mail.html);
  await shot(reader, name);
  const link = await reader.getByRole("link").getAttribute("href");
  assert.equal(fetched, 0, "a mail fetches nothing");
  assert.ok(mail.text.includes(link), "text and HTML have the same link");
  await reader.context().close();
  await page.goto(link);
}

before(async () => {
  const port = await catchMail();
  world = await World.start({
    HOLDFAST_MAIL__HOST: "127.0.0.1",
    HOLDFAST_MAIL__PORT: String(port),
    HOLDFAST_MAIL__TLS: "off",
    HOLDFAST_MAIL__FROM: "holdfast@example.org",
  });
  olga = await world.person();
  ben = await world.person();
  await world.setUp(olga);
});
after(async () => {
  await world?.end();
  catcher?.kill();
});

// REQ ID-4, ID-7
test("an invitation comes by mail, and its link is the way in", async () => {
  await olga.goto(olga.url().replace(/(\/o\/[^/]+).*/, "$1/members"));
  await olga.getByRole("button", { name: /invite/i }).first().click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByLabel("Email").fill("ben@example.org");
  await dialog.getByRole("button", { name: /invite|send/i }).click();
  await dialog.waitFor({ state: "hidden" });
  const mail = await nextMail("ben@example.org");
  assert.match(mail.subject, /Olga Owner invites you to Acme Studio/);
  await open(mail, ben, "mail-invitation");
  await ben.getByLabel("Your name").fill("Ben Builder");
  await ben.getByLabel("Handle").fill("ben");
  await ben.getByLabel("Password", { exact: true }).fill(password);
  await ben.getByRole("button", { name: "Join" }).click();
  await ben.waitForURL(/\/o\//);
  // It worked once.
  const again = await world.person();
  await again.goto(mail.text.match(/https:\S+#\S+/)[0]);
  await again.getByText(/been used already/).waitFor();
  await again.context().close();
});

// REQ ID-4 (attack I4)
test("a lost password is replaced by mail, once, and every other session ends where it is seen", async () => {
  const forgetful = await world.person();
  const ask = async (email) => {
    await forgetful.goto(`${world.url}/forgot`);
    await forgetful.getByLabel("Email").fill(email);
    await forgetful.getByRole("button", { name: "Send the link" }).click();
    await forgetful.getByRole("heading", { name: "Check your mail" }).waitFor();
    return (await forgetful.getByRole("main").innerText()).replaceAll(email, "…");
  };
  assert.equal(await ask("nobody@example.org"), await ask("ben@example.org"));
  const mail = await nextMail("ben@example.org");
  await open(mail, forgetful, "mail-reset");
  await forgetful.getByLabel("New password", { exact: true }).fill(newPassword);
  await forgetful.getByRole("button").last().click();
  // Ben's own browser is told at once.
  await ben.waitForURL(/\/sign-in/);
  assert.match((await nextMail("ben@example.org")).subject, /password was changed/);
  assert.deepEqual(mails, [], "nobody else was written to");
  // The link has been used; the new password works, the old one does not.
  const again = await world.person();
  await again.goto(mail.text.match(/https:\S+#\S+/)[0]);
  await again.getByLabel("New password", { exact: true }).fill("granite waffle nocturne abacus");
  await again.getByRole("button").last().click();
  await again.getByText(/has been used or has expired|no longer/i).first().waitFor();
  await again.context().close();
  const signIn = async (secret) => {
    await ben.getByLabel("Email").fill("ben@example.org");
    await ben.getByLabel("Password", { exact: true }).fill(secret);
    await ben.getByRole("button", { name: "Sign in" }).click();
  };
  await signIn(password);
  await ben.getByText(/not right/i).first().waitFor();
  await signIn(newPassword);
  await ben.waitForURL(/\/o\//);
  await forgetful.context().close();
});
