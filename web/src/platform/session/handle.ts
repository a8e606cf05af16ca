// Small pure helpers of the pages before a session.
import { useSyncExternalStore } from "react";
import { EVERYBODY } from "@/lib/markdown/marks";
import { plain } from "@/lib/names";

/** The longest handle that the server takes. */
const LONGEST = 32;

/** A handle to start from: the name in plain letters, or nothing where that is none the server takes (Handle::new in
 * crates/base/kernel/src/text). */
export function suggestHandle(name: string): string {
  const handle = plain(name)
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\./, "")
    .slice(0, LONGEST)
    .replace(/\.$/, "");
  return EVERYBODY.has(handle) ? "" : handle;
}

/** The token of the address as it is now: following another link in an open tab changes nothing but what is behind the #. */
export const useAddressToken = (): string => useSyncExternalStore(onAddress, tokenFromAddress);

function onAddress(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  window.addEventListener("popstate", changed);
  return () => {
    window.removeEventListener("hashchange", changed);
    window.removeEventListener("popstate", changed);
  };
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
