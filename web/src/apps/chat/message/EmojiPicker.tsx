// A small grid of emoji with a search field. Arrow keys are the browser's Tab here: the list is short on purpose.
import { useState } from "react";
import { t } from "@/apps/chat/text";
import { EMOJI, findEmoji, nameOfEmoji, QUICK } from "@/lib/emoji";

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [typed, setTyped] = useState("");
  const found = typed ? findEmoji(typed, 64) : EMOJI;
  return (
    <div className="w-72">
      <input
        type="search"
        aria-label={t.chat.emojiSearch}
        placeholder={t.chat.emojiSearch}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          // Picking may move the focus, and the key would then do its work there.
          event.preventDefault();
          if (found[0]) onPick(found[0].char);
        }}
        className="mb-2 h-8 w-full rounded-md border border-line bg-canvas px-2 outline-offset-0"
      />
      <ul aria-label={t.chat.emojiPicker} className="grid max-h-52 grid-cols-8 overflow-y-auto">
        {!typed && QUICK.map((char) => <Choice key={char} char={char} onPick={onPick} />)}
        {found
          .filter((emoji) => typed || !QUICK.includes(emoji.char))
          .map((emoji) => (
            <Choice key={emoji.char} char={emoji.char} onPick={onPick} />
          ))}
      </ul>
      {found.length === 0 && <p className="p-3 text-center text-ink-3">{t.chat.noEmoji}</p>}
    </div>
  );
}

function Choice({ char, onPick }: { char: string; onPick: (emoji: string) => void }) {
  return (
    <li>
      <button
        type="button"
        aria-label={nameOfEmoji(char)}
        onClick={() => onPick(char)}
        className="flex size-[34px] items-center justify-center rounded-md text-lg hover:bg-hover"
      >
        {char}
      </button>
    </li>
  );
}
