// Those who administer: an organisation's settings, the installation's pages, a second organisation, and a crash that
// reaches the server's log.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World, password, shot, violations, wellMade } from "../server.mjs";

let world, olga, ben;
const home = () => `${world.url}/o/acme-studio`;
const quiet = (...pages) => assert.deepEqual(pages.flatMap((page) => page.complaints), []);

before(async () => {
  world = await World.start();
  olga = await world.person();
  ben = await world.person();
  await world.setUp(olga);
  await world.join(olga, ben, "Ben Builder", "ben");
});
after(() => world?.end());

// REQ UI-4, UI-5
test("a new name of the organisation shows in other browsers at once", async () => {
  await ben.goto(home());
  await ben.getByText("Acme Studio").first().waitFor();
  assert.equal(await ben.getByRole("link", { name: "Settings" }).count(), 0, "editors have no way to the settings");
  await olga.goto(home());
  // By keyboard alone: the command palette leads to the page, Enter saves.
  await olga.getByRole("button", { name: /Jump to/ }).waitFor();
  await olga.keyboard.press("Control+k");
  await olga.keyboard.type("organisation settings");
  await olga.getByRole("option", { name: "Organisation settings" }).waitFor();
  await olga.keyboard.press("Enter");
  await olga.waitForURL(/settings\/organisation/);
  const name = olga.getByLabel("Name", { exact: true });
  await name.waitFor();
  await wellMade(olga, "organisation");
  await name.fill("Acme & Daughters");
  await name.press("Enter");
  await olga.getByText("Saved", { exact: true }).waitFor();
  for (const page of [olga, ben]) {
    await page.getByRole("complementary").getByText("Acme & Daughters").waitFor();
    await page.waitForFunction(() => document.title.includes("Acme & Daughters"));
  }
  await ben.goto(`${home()}/settings/organisation`);
  await ben.getByText("Owners and administrators can change these.").waitFor();
  assert.equal(await ben.getByLabel("Name", { exact: true }).isEditable(), false);
  assert.equal(await ben.getByRole("button", { name: "Save" }).count(), 0);
  // What the server refuses is taken back and said.
  await olga.route("**/api/v1/orgs/*", (route) =>
    route.request().method() === "PATCH" ? route.abort("connectionrefused") : route.continue(),
  );
  await name.fill("Never");
  await name.press("Enter");
  await olga.getByRole("alert").getByText(/cannot be reached/).waitFor();
  await olga.getByRole("complementary").getByText("Acme & Daughters").waitFor();
  await olga.unrouteAll();
  quiet(olga, ben);
});

// REQ UI-1, ID-2
test("the installation has its pages, for its administrators alone", async () => {
  await ben.goto(`${world.url}/installation`);
  await ben.getByText("There is nothing here").waitFor();
  await ben.goto(home());
  await ben.getByRole("button", { name: /Ben Builder/ }).click();
  await ben.getByRole("menuitem", { name: "Profile" }).waitFor();
  assert.equal(await ben.getByRole("menuitem", { name: "Installation" }).count(), 0);
  await ben.keyboard.press("Escape");

  await olga.getByRole("button", { name: /Olga Owner/ }).click();
  await olga.getByRole("menuitem", { name: "Installation" }).click();
  await olga.getByRole("heading", { name: "Installation" }).waitFor();
  await olga.getByRole("button", { name: "New organisation" }).click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Harbour Choir");
  await dialog.getByRole("button", { name: "Create and invite" }).click();
  await dialog.getByText("Please fill this in").waitFor();
  await dialog.getByLabel("Email of its first owner").fill("ben@example.org");
  await dialog.getByRole("button", { name: "Create and invite" }).click();
  await dialog.waitFor({ state: "hidden" });
  await olga.getByRole("row", { name: /Harbour Choir.*Invited/ }).waitFor();
  await wellMade(olga, "installation");

  // Somebody has forgotten their password: it locks, and an administrator lifts the lock.
  const forgetful = await world.person();
  await forgetful.goto(`${world.url}/sign-in`);
  for (let i = 0; i < 6; i++) {
    await forgetful.getByLabel("Email").fill("ben@example.org");
    await forgetful.getByLabel("Password", { exact: true }).fill(`not this one ${i}`);
    const answer = forgetful.waitForResponse((response) => response.url().endsWith("/session"));
    await forgetful.getByRole("button", { name: "Sign in" }).click();
    await answer;
  }
  await forgetful.getByText(/locked for/).waitFor();
  await olga.getByRole("link", { name: "People" }).first().click();
  await olga.getByPlaceholder("Find by name or email").fill("BEN@");
  await olga.getByRole("row", { name: /Ben Builder.*Locked until/ }).waitFor();
  await olga.getByRole("row", { name: /Olga/ }).waitFor({ state: "detached" });
  await wellMade(olga, "installation-people");
  await olga.getByRole("button", { name: "Actions for Ben Builder" }).click();
  await olga.getByRole("menuitem", { name: "Allow signing in again" }).click();
  await olga.getByText("Ben Builder can sign in again.").waitFor();
  await forgetful.getByLabel("Password", { exact: true }).fill(password);
  await forgetful.getByRole("button", { name: "Sign in" }).click();
  await forgetful.waitForURL(/\/o\//);
  await forgetful.context().close();

  await olga.getByRole("link", { name: "Audit log" }).first().click();
  await olga.getByRole("button", { name: "Show details of account.unlock" }).waitFor();
  await wellMade(olga, "installation-audit");
  await olga.getByRole("link", { name: "Back to your organisation" }).click();
  await olga.waitForURL(/\/o\//);
  quiet(olga, ben);
});

// REQ ID-9
test("a person is deleted, and signed out at once", async () => {
  const carl = await world.person();
  await world.join(olga, carl, "Carl Courier", "carl");
  await olga.goto(`${world.url}/installation/people`);
  await olga.getByRole("button", { name: "Actions for Carl Courier" }).click();
  await olga.getByRole("menuitem", { name: "Delete person" }).click();
  const dialog = olga.getByRole("dialog", { name: "Delete Carl Courier?" });
  await dialog.waitFor();
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "installation-delete");
  await dialog.getByRole("button", { name: "Delete person" }).click();
  await dialog.waitFor({ state: "hidden" });
  await olga.getByRole("row", { name: /Deleted user.*Deleted/ }).waitFor();
  assert.equal(await olga.getByText("carl@example.org").count(), 0);
  await carl.waitForURL(/\/sign-in/);
  await carl.context().close();
  // The last administrator cannot go, and has no button for it.
  assert.equal(await olga.getByRole("button", { name: "Actions for Olga Owner" }).count(), 0);
  quiet(olga);
});

// REQ ID-1, ID-3
test("who was removed has a password and sessions all the same", async () => {
  const dora = await world.person();
  await olga.goto(`${home()}/members`);
  await world.join(olga, dora, "Dora Departed", "dora");
  await olga.getByRole("button", { name: "Remove Dora Departed" }).click();
  const dialog = olga.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Remove/ }).click();
  await dialog.waitFor({ state: "hidden" });
  await dora.goto(world.url);
  await dora.getByText("You are not a member of an organisation").waitFor();
  await wellMade(dora, "no-organisation");
  // As password managers open it.
  await dora.goto(`${world.url}/.well-known/change-password`);
  await dora.getByLabel("Current password").fill(password);
  await dora.getByLabel("New password").fill("mirror otter plankton");
  await wellMade(dora, "own-profile");
  await dora.getByRole("button", { name: "Change password" }).click();
  await dora.getByText("Password changed", { exact: true }).waitFor();
  await dora.getByRole("link", { name: "Back" }).click();
  await dora.getByRole("link", { name: "Devices and sessions" }).click();
  await dora.getByText("This device", { exact: true }).waitFor();
  await wellMade(dora, "own-sessions");
  quiet(dora);
  await dora.context().close();
});

// REQ ID-7, COMMS-4
test("somebody signed in joins a second organisation, and sees what waits in the first", async () => {
  const { items } = await world.console("mail");
  const invitation = items.findLast((mail) => mail.to === "ben@example.org");
  await ben.goto(invitation.text.match(/https:\S+#\S+/)[0]);
  await ben.getByRole("heading", { name: "Join Harbour Choir" }).waitFor();
  assert.equal(await ben.getByLabel("Handle").inputValue(), "ben", "a handle to begin with");
  await ben.getByLabel("Password", { exact: true }).fill(password);
  await ben.getByRole("button", { name: "Join" }).click();
  await ben.waitForURL(/\/o\/harbour-choir/);
  const switcher = ben.getByRole("button", { name: /Harbour Choir/ });
  await switcher.waitFor();
  assert.equal(await switcher.getByText(/other organisation/).count(), 0, "nothing waits yet");

  await olga.goto(home());
  await olga.getByRole("button", { name: "New message" }).click();
  await olga.getByRole("dialog").getByRole("option", { name: /Ben Builder/ }).click();
  await olga.getByRole("button", { name: "Open conversation" }).click();
  await olga.waitForURL(/\/c\//);
  const composer = olga.getByRole("textbox", { name: /^Message / });
  await composer.fill("Are you coming?");
  await composer.press("Enter");
  await olga.getByLabel(/^Messages in /).getByText("Are you coming?").waitFor();

  await switcher.click();
  const there = ben.getByRole("menuitemradio", { name: /Acme & Daughters/ });
  await there.getByText("1 for you", { exact: true }).waitFor();
  assert.deepEqual(await violations(ben), []);
  await shot(ben, "switcher");
  await ben.keyboard.press("Escape");
  await switcher.getByText("1 for you in other organisations").waitFor();
  await shot(ben, "elsewhere");
  await switcher.click();
  await there.click();
  await ben.waitForURL(/\/o\/acme-studio/);
  await ben.getByRole("link", { name: /Olga Owner/ }).click();
  await ben.getByText("Are you coming?").waitFor();
  // What is looked at for a moment is read.
  await ben.getByRole("link", { name: "Olga Owner", exact: true }).waitFor();
  await ben.getByRole("button", { name: /Acme & Daughters/ }).click();
  await ben.getByRole("menuitemradio", { name: /Harbour Choir/ }).click();
  await ben.waitForURL(/\/o\/harbour-choir/);
  await switcher.getByText("1 for you in other organisations").waitFor({ state: "detached" });
  quiet(olga, ben);
});

// REQ UI-2
test("a crash of a page leaves the rest alive and reaches the server's log, without what was on the page", async () => {
  const heard = world.said.length;
  await olga.route("**/api/v1/orgs/*/audit*", (route) =>
    route.fulfill({ json: { items: [{ id: "aud_1", at: 1, action: "a secret of Olga's" }], next: null } }),
  );
  await olga.getByRole("link", { name: "Audit log" }).click();
  await olga.getByText("This part of the page stopped working").waitFor();
  assert.deepEqual(await violations(olga), []);
  await shot(olga, "crash");
  await olga.unrouteAll();
  for (let tries = 0; !world.said.slice(heard).includes("the front end crashed"); tries++) {
    assert.ok(tries < 100, `nothing in the log:\n${world.said.slice(heard)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  const line = world.said.slice(heard).split("\n").find((text) => text.includes("the front end crashed"));
  const { level, boundary, error, build, ...rest } = JSON.parse(line);
  assert.deepEqual([level, boundary, error], ["WARN", "page", "TypeError"]);
  assert.equal(build, await olga.locator('meta[name="build"]').getAttribute("content"));
  assert.doesNotMatch(JSON.stringify(rest), /olga|secret|acme|aud_1/i);
  // The rest is alive, and so is the page once what broke it is mended.
  await olga.getByRole("button", { name: "Try again" }).click();
  await olga.getByRole("button", { name: /Show details of/ }).first().waitFor();
  await olga.getByRole("navigation", { name: "Organisation" }).getByRole("link", { name: "Members" }).click();
  await olga.getByRole("row", { name: /Ben Builder/ }).waitFor();
  // The crash that was made here is all that this page complained of.
  assert.ok(olga.complaints.every((text) => /crash|TypeError|Cannot read/.test(text)), olga.complaints.join("\n"));
});
