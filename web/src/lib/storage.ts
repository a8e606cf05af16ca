// The only door to browser storage. Everything lies under one prefix, failures (quota, blocked storage) never break the
// page, and signing out empties all of it.
const PREFIX = "holdfast.";

// After signing out nothing may be written any more: a page that is just being left still flushes its drafts.
let sealed = false;

type Parse<T> = (value: unknown) => T | null;

function read<T>(area: () => Storage, key: string, parse: Parse<T>): T | null {
  try {
    const raw = area().getItem(PREFIX + key);
    return raw === null ? null : parse(JSON.parse(raw));
  } catch {
    // Unreadable or blocked: the same as absent.
    return null;
  }
}

function write(area: () => Storage, key: string, value: unknown): boolean {
  if (sealed) return false;
  try {
    area().setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export const readStored = <T>(key: string, parse: Parse<T>): T | null => read(() => localStorage, key, parse);
export const writeStored = (key: string, value: unknown): boolean => write(() => localStorage, key, value);

/** Of this tab alone; a reload keeps it. */
export const readOfTab = <T>(key: string, parse: Parse<T>): T | null => read(() => sessionStorage, key, parse);
export const writeOfTab = (key: string, value: unknown): boolean => write(() => sessionStorage, key, value);

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

/** Every key that begins so. */
export function storedKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + prefix))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/** Another tab wrote or removed something whose key begins so; null: it removed everything. */
export function onStored(prefix: string, changed: (key: string | null) => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === null) changed(null);
    else if (event.key.startsWith(PREFIX + prefix)) changed(event.key.slice(PREFIX.length));
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
