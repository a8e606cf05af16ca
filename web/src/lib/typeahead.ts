// What is typed between the choice of another conversation and its composer: it belongs to where one is going. From the
// choice on nothing of what is left behind has the focus or hears a letter; the letters are held, and the next composer
// begins with them.
import { isComposing } from "./composition";
import { ofPerson, onForget } from "./person";

interface Move {
  /** Null: not known yet, a conversation that is just being opened. */
  to: string | null;
  text: string;
  /** Whether letters are still taken from whatever else there is. */
  holds: boolean;
  stop: () => void;
}

/** A page that takes so long must not keep the keyboard. What was held until then still goes to its composer. */
const PATIENCE = 5_000;

let move: Move | null = null;
onForget(endMove);
const places = ofPerson(new Map<string, (text: string) => void>());

/** Whether one is on the way to another conversation: whatever closes meanwhile gives the focus to nobody. */
export const isMoving = (): boolean => move?.holds === true;

/** On the way to a conversation, from this moment. */
export function moveTo(to: string | null): void {
  const text = move?.text ?? "";
  endMove();
  const there = to === null ? undefined : places.get(to);
  if (there) return there(text);
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  move = { to, text, holds: true, stop: hold() };
}

/** It does not come to it: there is nothing to write in, or it could not be opened. */
export function endMove(): void {
  move?.stop();
  move = null;
}

/** A composer of this conversation is here. `take`: writes what was held, and has the focus after that. */
export function arriveAt(place: string, take: (text: string) => void): () => void {
  places.set(place, take);
  if (move && (move.to === null || move.to === place)) {
    const { text } = move;
    endMove();
    take(text);
  }
  return () => {
    if (places.get(place) === take) places.delete(place);
  };
}

/** Somebody has gone on to write elsewhere, in a dialog for instance; the composer that is left behind does not count. */
const writesElsewhere = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select") && !target.matches("[data-composer]");

function hold(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (!move || isComposing(event) || writesElsewhere(event.target)) return;
    // AltGr writes characters, and comes as Ctrl and Alt on some systems.
    const command = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
    if (command) return;
    if (event.key.length === 1) move.text += event.key;
    else if (event.key === "Backspace") move.text = move.text.slice(0, -1);
    // Held down since the choice, it is still the choice; and where nothing was typed, it sends nothing.
    else if (event.key === "Enter") move.text += event.repeat || move.text.trim() === "" ? "" : "\n";
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", onKeyDown, { capture: true });
  const release = () => window.removeEventListener("keydown", onKeyDown, { capture: true });
  const timer = setTimeout(() => {
    release();
    if (move) move.holds = false;
  }, PATIENCE);
  return () => {
    clearTimeout(timer);
    release();
  };
}
