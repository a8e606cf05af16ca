// The only door to browser storage. Everything lies under one prefix, failures (quota, blocked storage) never break the
// page, and signing out empties all of it.
const PREFIX = "holdfast.";

// After signing out nothing may be written any more: a page that is just being left still flushes its drafts.
let sealed = false;

export function readStored<T>(key: string, parse: (value: unknown) => T | null): T | null {
  try {
    const raw = localStorage.getItem(PREFIX + key);
    return raw === null ? null : parse(JSON.parse(raw));
  } catch {
    // Unreadable or blocked: the same as absent.
    return null;
  }
}

export function writeStored(key: string, value: unknown): boolean {
  if (sealed) return false;
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function removeStored(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Blocked storage holds nothing to remove.
  }
}

/** Plain string, for the theme script that runs before any module. */
export function writeRaw(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // The choice then lasts for this page only.
  }
}

export function readRaw(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function onStored(key: string, changed: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === PREFIX + key || event.key === null) changed();
  };
  window.addEventListener("storage", listener);
  return () => window.removeEventListener("storage", listener);
}

/** Another tab emptied the storage: it signed out. */
export function onCleared(cleared: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === null) cleared();
  };
  window.addEventListener("storage", listener);
  return () => window.removeEventListener("storage", listener);
}

/** Nothing more is written until the page is loaded anew. */
export function sealStored(): void {
  sealed = true;
}

/** Signing out leaves nothing behind. */
export async function clearStored(): Promise<void> {
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // Blocked storage is empty storage.
  }
  try {
    const databases = (await indexedDB.databases?.()) ?? [];
    for (const { name } of databases) if (name) indexedDB.deleteDatabase(name);
    for (const key of (await globalThis.caches?.keys()) ?? []) await caches.delete(key);
  } catch {
    // Not every browser lists them; this front end writes neither.
  }
}
