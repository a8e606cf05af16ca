// Small pure helpers of the pages before a session.
import { useSyncExternalStore } from "react";

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
