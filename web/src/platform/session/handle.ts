// Small pure helpers of the pages before a session.

/** A handle to start from: the name in plain letters. */
export function suggestHandle(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\.+|\.+$/g, "")
    .slice(0, 30);
}

/** Mailed links carry their token behind the #, which no server ever sees or logs. */
export function tokenFromAddress(): string {
  const text = window.location.hash.replace(/^#/, "");
  try {
    return decodeURIComponent(text);
  } catch {
    // Cut short on its way: no token, and the page says so.
    return "";
  }
}
