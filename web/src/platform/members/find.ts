// Whom somebody means who types part of a name: one order for mentions, the palette and every list to choose from.
import type { Member } from "@/api/types";
import { plain } from "@/lib/names";

/** Who is at hand: in the channel that is written in, and whom one has written with, the latest first. */
export interface Near {
  here: ReadonlySet<string>;
  recent: readonly string[];
}

/** Whom one wrote with longer ago than with so many others is no nearer than anybody. */
const FAR = 1024;

const NOBODY_NEAR: Near = { here: new Set(), recent: [] };

interface Known {
  name: string;
  handle: string;
}
const known = new WeakMap<Member, Known>();
function textOf(member: Member): Known {
  const before = known.get(member);
  if (before) return before;
  const text = { name: plain(member.name), handle: plain(member.handle) };
  known.set(member, text);
  return text;
}

/** 0: starts so; 1: a word of the name does; 2: it is in there somewhere. */
function fits({ name, handle }: Known, needle: string): number | null {
  if (needle === "" || handle.startsWith(needle) || name.startsWith(needle)) return 0;
  if (
    /[\s._-]/.test(name + handle) &&
    [name, handle].some((text) => text.split(/[\s._-]+/).some((word) => word.startsWith(needle)))
  )
    return 1;
  return name.includes(needle) || handle.includes(needle) ? 2 : null;
}

/** Names that came with an import cannot answer: they come last, even if they fit to the letter. Then whoever has just this
 * handle; then by how well it fits, who is here before who is not, then whom one wrote with last. The members' own order
 * decides the rest. */
export function findMembers(
  members: readonly Member[],
  typed: string,
  limit: number,
  near: Near = NOBODY_NEAR,
): Member[] {
  const needle = plain(typed.trim().replace(/^@/, ""));
  const recent = new Map(near.recent.map((id, index) => [id, index]));
  const found: { member: Member; rank: number }[] = [];
  for (const member of members) {
    const text = textOf(member);
    const fit = fits(text, needle);
    if (fit === null) continue;
    // One number of digits of their own base, so that thousands sort while somebody types.
    let rank = member.imported ? 1 : 0;
    rank = rank * 2 + (needle !== "" && text.handle === needle ? 0 : 1);
    rank = rank * 2 + (text.name === needle ? 0 : 1);
    rank = rank * 3 + fit;
    rank = rank * 2 + (near.here.has(member.id) ? 0 : 1);
    rank = rank * FAR + Math.min(recent.get(member.id) ?? FAR, FAR - 1);
    found.push({ member, rank });
  }
  found.sort((a, b) => a.rank - b.rank);
  return found.slice(0, limit).map(({ member }) => member);
}
