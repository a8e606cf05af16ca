// A mail server that delivers nothing and shows what it was given: for tests, and for looking at mail while developing.
// For people it prints each mail; with --json, one object a line: first {port}, then what happens.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url);
const { SMTPServer } = require("smtp-server");
const { simpleParser } = require("mailparser");

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
    tls: { type: "string", default: "off" }, // or starttls, implicit
    cert: { type: "string" },
    key: { type: "string" },
    user: { type: "string" },
    password: { type: "string" },
    refuse: { type: "boolean", default: false }, // knows no recipient
    mute: { type: "boolean", default: false }, // takes a mail and never says so
  },
});

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const read = (path) => path && readFileSync(path);

function show(mail) {
  if (options.json) return tell({ mail });
  const to = mail.recipients.join(", ");
  process.stdout.write(`\n── ${mail.subject}\n   from ${mail.from}, to ${to}\n\n${mail.text}\n`);
}

const server = new SMTPServer({
  secure: options.tls === "implicit",
  hideSTARTTLS: options.tls !== "starttls",
  cert: read(options.cert),
  key: read(options.key),
  authOptional: !options.user,
  disableReverseLookup: true,
  logger: false,
  onAuth({ username, password }, { secure }, done) {
    if (options.json) tell({ signIn: { user: username, secure } });
    const right = username === options.user && password === options.password;
    done(right ? null : new Error("Wrong name or password"), { user: username });
  },
  onRcptTo({ address }, _session, done) {
    if (!options.refuse) return done();
    if (options.json) tell({ refused: address });
    done(Object.assign(new Error(`5.1.1 <${address}> is nobody here`), { responseCode: 550 }));
  },
  async onData(stream, session, done) {
    try {
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const source = Buffer.concat(chunks);
      const parsed = await simpleParser(source, { skipTextToHtml: true, skipHtmlToText: true });
      show({
        recipients: session.envelope.rcptTo.map((to) => to.address),
        sender: session.envelope.mailFrom.address,
        secure: session.secure,
        user: session.user ?? null,
        from: parsed.from?.text,
        to: parsed.to?.text,
        subject: parsed.subject,
        messageId: parsed.messageId,
        text: parsed.text,
        html: parsed.html,
        headers: parsed.headerLines.map((header) => header.line),
        source: source.toString("utf8"),
      });
      if (!options.mute) done();
    } catch (error) {
      done(error);
    }
  },
});

// A client that turns away from our certificate is an event like others.
server.on("error", (error) => options.json && tell({ error: String(error.message) }));
server.listen(Number(options.port), "127.0.0.1", () => {
  const { port } = server.server.address();
  if (options.json) return tell({ port });
  console.log(`Mail that is sent to 127.0.0.1:${port} is shown here and goes nowhere. In another terminal:\n
  HOLDFAST_MAIL__HOST=127.0.0.1 HOLDFAST_MAIL__PORT=${port} HOLDFAST_MAIL__TLS=off \\
  HOLDFAST_MAIL__FROM=holdfast@example.org ./dev start`);
});
// Whoever started us for a test holds this open.
if (options.json) process.stdin.on("end", () => process.exit()).resume();
