// What modules keep in memory of the person who is signed in, beside the query cache. It is declared here, where it is
// made, so that nothing of one person is left for the next; person.test.tsx finds what is not.
const all: (() => void)[] = [];

/** Calls it whenever the person goes. */
export function onForget(forget: () => void): void {
  all.push(forget);
}

/** A map or set that is emptied when the person goes. */
export function ofPerson<Kept extends { clear(): void }>(kept: Kept): Kept {
  onForget(() => kept.clear());
  return kept;
}

export function forgetPerson(): void {
  for (const forget of all) forget();
}
