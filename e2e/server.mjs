// Starts the real binary on a fresh data directory, and a browser beside it. Screenshots go to the folder that SHOTS
// names, if it is set.
import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const binary = resolve(import.meta.dirname, "../target/debug/holdfast");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const password = "correct horse battery staple 7";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function browserPath() {
  const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = process.env.CHROMIUM ?? known.find(existsSync);
  if (!found) throw new Error("Chromium is not installed (cargo xtask doctor says how)");
  return found;
}

/** A running server and a browser. */
export class World {
  /** `settings`: environment variables besides the usual ones. */
  static async start(settings = {}) {
    const world = new World();
    world.settings = settings;
    world.data = mkdtempSync(join(tmpdir(), "holdfast-e2e-"));
    world.port = await freePort();
    world.url = `https://localhost:${world.port}`;
    await world.boot();
    world.browser = await chromium.launch({
      executablePath: browserPath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
    });
    return world;
  }

  env() {
    return {
      ...process.env,
      HOLDFAST_DATA_DIR: this.data,
      HOLDFAST_LISTEN__HTTPS: `127.0.0.1:${this.port}`,
      HOLDFAST_LISTEN__HTTP: "127.0.0.1:0",
      HOLDFAST_PUBLIC_URL: this.url,
      HOLDFAST_LOG__LEVEL: "warn",
      ...this.settings,
    };
  }

  async boot() {
    this.server = spawn(binary, ["serve"], { env: this.env(), stdio: ["ignore", "ignore", "pipe"] });
    this.said = "";
    this.server.stderr.setEncoding("utf8").on("data", (text) => (this.said += text));
    for (let tries = 0; !this.said.includes("listening on"); tries++) {
      if (tries > 600 || this.server.exitCode !== null) throw new Error(`the server did not start:\n${this.said}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    this.setupLink = this.said.match(/https:\S+\/setup#\S+/)?.[0];
  }

  /** Ends the server; SIGKILL is a crash. */
  async kill(signal = "SIGTERM") {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      this.server.kill(signal);
      await once(this.server, "exit");
    }
  }

  async end() {
    await this.browser?.close();
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** An administrator's command at the machine. */
  async console(...args) {
    return JSON.parse(await this.command(...args));
  }

  /** What such a command prints. */
  async command(...args) {
    return (await promisify(execFile)(binary, args, { env: this.env() })).stdout;
  }

  /** The newest link mailed to this address. */
  async mailedLink(address) {
    const { items } = await this.console("mail");
    const mail = items.filter((m) => m.to === address).sort((a, b) => b.createdAt - a.createdAt)[0];
    return mail.text.match(/https:\S+#\S+/)[0];
  }

  /** A person: a browser profile of their own, with one tab. Whatever the page complains about is kept. */
  async person(options = {}) {
    const context = await this.browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    const page = await context.newPage();
    page.complaints = [];
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("console", (message) => {
      const text = message.text();
      // Refusals that a journey provokes, and connections that it cuts, are told by the browser as errors.
      if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(text)) page.complaints.push(text);
    });
    return page;
  }

  /** Set the installation up in this page. */
  async setUp(page) {
    await page.goto(this.setupLink);
    await page.getByLabel("Organisation").fill("Acme Studio");
    await page.getByLabel("Your name").fill("Olga Owner");
    await page.getByLabel("Handle").fill("olga");
    await page.getByLabel("Email").fill("olga@example.org");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Create organisation" }).click();
    await page.waitForURL(/\/o\//);
  }

  /** Invite by the interface's API, accept in this page. */
  async join(owner, page, name, handle, role = "Editor") {
    const email = `${handle}@example.org`;
    await owner.goto(`${this.url}${new URL(owner.url()).pathname.split("/").slice(0, 3).join("/")}/members`);
    await owner.getByRole("button", { name: /invite/i }).first().click();
    const dialog = owner.getByRole("dialog");
    await dialog.getByLabel("Email").fill(email);
    await dialog.getByRole("button", { name: /invite|send/i }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.goto(await this.mailedLink(email));
    await page.getByLabel("Your name").fill(name);
    await page.getByLabel("Handle").fill(handle);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Join" }).click();
    await page.waitForURL(/\/o\//);
    return role;
  }
}

/** Violations of accessibility rules on a page, as lines. */
export async function violations(page) {
  // The page's own policy forbids evaluating text, so the checker runs in a world beside it.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  await session.send("Runtime.evaluate", { contextId: executionContextId, expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
    expression: `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
      v.id + ": " + v.help + " — " + v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")))`,
  });
  await session.detach();
  return result.value;
}

/** A picture for somebody to look at, if a folder is named. */
export async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

/** Meets the accessibility rules in light and dark, on a desk and on a phone, and nothing is cut off at the side. */
export async function wellMade(page, name) {
  const size = page.viewportSize();
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    await page.setViewportSize({ width, height });
    // Behind a dialog the page's own heading is hidden.
    await page.getByRole("heading").first().waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(page), [], `${name}, ${width}, ${colorScheme}`);
      await shot(page, `${name}-${width}-${colorScheme}`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, name);
  }
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: "light" });
}
