// Reading costs a browser's main thread a bounded time: each text is read once and remembered; a frame reads what people
// usually write, and what is long or does not fit waits, shown as plain text, until it is on the screen and nothing else
// is to be done.
import { ofPerson, onForget } from "../person";
import { type Block, parse } from "./parse";

/** Longer texts wait. Reading 1,500 characters of the worst kind takes some three milliseconds. */
const SHORT = 1500;
/** Milliseconds for reading in one frame. A screen of what people write takes a few, also the first time. */
const BUDGET = 40;
const REMEMBERED = 1000;

const known = ofPerson(new Map<string, Block[]>());
let spent = 0;

function remember(source: string, blocks: Block[]): Block[] {
  known.delete(source);
  known.set(source, blocks);
  const oldest = known.keys().next();
  if (known.size > REMEMBERED && !oldest.done) known.delete(oldest.value);
  return blocks;
}

/** The text's tree if it is known, or if there is time to read it in this frame. */
export function readNow(source: string): Block[] | null {
  const blocks = known.get(source);
  if (blocks) return remember(source, blocks);
  if (source.length > SHORT || spent > BUDGET) return null;
  if (spent === 0)
    setTimeout(() => {
      spent = 0;
    });
  const start = performance.now();
  const read = parse(source);
  spent += Math.max(0.01, performance.now() - start);
  return remember(source, read);
}

type Waiting = { source: string; done: (blocks: Block[]) => void };
const queue: Waiting[] = [];
onForget(() => queue.splice(0));
let working = false;

function next(): void {
  const job = queue.shift();
  working = job !== undefined;
  if (!job) return;
  job.done(known.get(job.source) ?? remember(job.source, parse(job.source)));
  later(next);
}

// One text after another, each in a moment of its own.
const later = (work: () => void): void => {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work, { timeout: 500 });
  else setTimeout(work, 16);
};

/** Reads a text when there is time. Returns how to lose interest. */
export function readLater(source: string, done: (blocks: Block[]) => void): () => void {
  const job = { source, done };
  queue.push(job);
  if (!working) {
    working = true;
    later(next);
  }
  return () => {
    const at = queue.indexOf(job);
    if (at >= 0) queue.splice(at, 1);
  };
}
