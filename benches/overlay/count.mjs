// Counts the messages of the benchmark's channel through the API, page by page.
const { URL: base, HF_ORG, HF_CHANNEL, HF_COOKIE, HF_ORIGIN } = process.env;
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
process.removeAllListeners("warning");
let [count, after, more] = [0, 0, true];
while (more) {
  const url = `${base}/api/v1/orgs/${HF_ORG}/channels/${HF_CHANNEL}/messages?after=${after}&limit=200`;
  const headers = { cookie: `__Host-session=${HF_COOKIE}`, origin: HF_ORIGIN, "x-forwarded-proto": "https" };
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const page = await answer.json();
  count += page.items.length;
  after = page.items.at(-1)?.seq ?? after;
  more = page.hasAfter;
}
console.log(count);
