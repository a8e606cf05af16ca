// Scopes by area: for each area a person chooses nothing, reading, or reading and writing.

export type Access = "none" | "read" | "write";

/** The areas that the server offers, each with the most that can be chosen, in a steady order. */
export function areasOf(scopes: readonly string[]): ReadonlyMap<string, readonly Access[]> {
  const areas = new Map<string, Access[]>();
  for (const scope of [...scopes].sort()) {
    const [area, access] = scope.split(":");
    if (area === undefined || (access !== "read" && access !== "write")) continue;
    areas.set(area, [...(areas.get(area) ?? ["none"]), access]);
  }
  return areas;
}

export function scopesOf(chosen: ReadonlyMap<string, Access>): string[] {
  return [...chosen].filter(([, access]) => access !== "none").map(([area, access]) => `${area}:${access}`);
}
