// Programs: an administrator makes a service account and a token for it, a program uses it over HTTP, and it ends at once.
import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { after, before, test } from "node:test";
import { World, wellMade } from "../server.mjs";

let world, olga;
const home = () => `${world.url}/o/acme-studio`;

before(async () => {
  world = await World.start();
  olga = await world.person();
  await world.setUp(olga);
});
after(() => world?.end());

/** What a program with this token is answered: it has no browser, no cookie and no CSRF token. */
function ask(token, method, path, body) {
  const agent = new Agent({ rejectUnauthorized: false });
  return new Promise((done, failed) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const sent = request(`${world.url}/api/v1${path}`, { agent, method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => (text += part));
      answer.on("end", () => done({ status: answer.statusCode, body: JSON.parse(text) }));
    });
    sent.on("error", failed).end(body && JSON.stringify(body));
  });
}

// REQ ID-8, UI-4
test("a program acts by a token that an administrator made, until it is revoked", async () => {
  await olga.goto(`${home()}/service-accounts`);
  await olga.getByText("No service accounts yet").waitFor();
  await wellMade(olga, "service-accounts-empty");
  await olga.getByRole("button", { name: "New service account" }).click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Deploy bot");
  await dialog.getByLabel("Handle").fill("deploy-bot");
  await dialog.getByRole("button", { name: "Create service account" }).click();
  await olga.getByRole("heading", { name: "Deploy bot" }).waitFor();
  await olga.getByRole("button", { name: "New token for Deploy bot" }).click();
  await dialog.getByLabel("Name").fill("Releases");
  // What is missing is said before anything is sent.
  await dialog.getByRole("button", { name: "Create token" }).click();
  await dialog.getByText("Choose at least one.").waitFor();
  await dialog.getByLabel("Access to Chat").selectOption("write");
  await wellMade(olga, "token-new");
  await dialog.getByRole("button", { name: "Create token" }).click();
  const secret = await dialog.getByLabel("Token", { exact: true }).inputValue();
  assert.match(secret, /^hfs_/);
  await wellMade(olga, "token-secret");
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await olga.getByText("Never used").waitFor();
  assert.equal(await olga.getByText(secret).count(), 0);

  const who = await ask(secret, "GET", "/principal");
  assert.equal(who.body.kind, "service_account");
  const org = who.body.memberships[0].org.id;
  const made = await ask(secret, "POST", `/orgs/${org}/channels`, { name: "releases", topic: "", kind: "public" });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const body = { clientId: crypto.randomUUID(), body: "Version 2 is out." };
  assert.equal((await ask(secret, "POST", `/orgs/${org}/channels/${made.body.id}/messages`, body)).status, 200);
  assert.equal((await ask(secret, "GET", `/orgs/${org}/members`)).status, 403);
  // A person reads it, by its name.
  await olga.goto(`${home()}/c/${made.body.id}`);
  await olga.getByText("Version 2 is out.").waitFor();
  await olga.getByRole("main").getByText("Deploy bot").first().waitFor();

  await olga.goto(`${home()}/service-accounts`);
  await olga.getByText(/Last used/).waitFor();
  await wellMade(olga, "service-accounts");
  await olga.getByRole("button", { name: "Revoke Releases" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await olga.getByText("Releases is revoked").waitFor();
  assert.equal((await ask(secret, "GET", "/principal")).status, 401);
  assert.deepEqual(olga.complaints, []);
});

// REQ ID-8, JOB-4
test("one's own tokens and the installation's background work have their pages", async () => {
  await olga.goto(`${home()}/tokens`);
  await olga.getByText(/You have no tokens/).waitFor();
  await olga.getByRole("button", { name: "New token" }).click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Nightly export");
  await dialog.getByLabel("Access to Chat").selectOption("read");
  await dialog.getByLabel("Expires").selectOption("30");
  await dialog.getByRole("button", { name: "Create token" }).click();
  const secret = await dialog.getByLabel("Token", { exact: true }).inputValue();
  await olga.keyboard.press("Escape");
  await olga.getByText("Nightly export").waitFor();
  assert.equal(await olga.evaluate(() => document.activeElement?.textContent), "New token", "the focus returns");
  await wellMade(olga, "tokens");
  assert.equal((await ask(secret, "GET", "/principal")).body.kind, "user");
  await olga.goto(`${world.url}/installation/jobs`);
  await olga.getByRole("heading", { level: 1 }).waitFor();
  await wellMade(olga, "jobs");
  assert.deepEqual(olga.complaints, []);
});
