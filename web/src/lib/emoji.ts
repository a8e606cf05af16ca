// A small curated list: what people at work really use. Names are what one types between colons.
const SOURCE =
  "👍 thumbsup yes ok|👎 thumbsdown no|❤️ heart love|😂 joy laugh|🎉 tada party celebrate|🙏 pray thanks please|👀 eyes looking|✅ check done|🚀 rocket ship|🔥 fire hot|👏 clap|💯 hundred|😄 smile happy|😊 blush|😉 wink|😅 sweat|🤣 rofl|🙂 slight|😍 hearteyes|😘 kiss|😎 cool sunglasses|🤔 thinking hmm|😐 neutral|🙄 eyeroll|😴 sleeping|😢 cry sad|😭 sob|😡 angry|😱 scream|🤯 mindblown|🥳 partying|🤗 hug|🤝 handshake deal|🫡 salute|🤷 shrug|🤦 facepalm|💪 muscle strong|👋 wave hello bye|✋ hand stop|✌️ peace|🤞 crossed luck|👌 okhand perfect|🙌 raised hooray|🫶 hearthands|💡 idea bulb|⭐ star|✨ sparkles|⚡ zap fast|💥 boom|💤 zzz|☕ coffee|🍵 tea|🍺 beer|🍕 pizza|🍰 cake|🍪 cookie|🎂 birthday|🎁 gift|🏆 trophy win|🎯 target|📌 pin|📎 clip|📅 calendar|📈 chart up|📉 chartdown|📝 memo note|📣 megaphone|🔔 bell|🔒 lock|🔑 key|🔧 wrench fix|🔨 hammer build|🐛 bug|🧪 test|🧹 broom clean|📦 package|🚢 ship release|🚧 construction wip|⚠️ warning|❌ cross no|❓ question|❗ exclamation|➕ plus|➖ minus|🔁 repeat|⏳ hourglass wait|⏰ alarm|🕐 clock|🌱 seedling|🌍 earth world|🌞 sun|🌧️ rain|🌈 rainbow|❄️ snow|🐶 dog|🐱 cat|🦊 fox|🐢 turtle slow|🦄 unicorn|🐙 octopus|🍀 clover luck|💔 brokenheart|💙 blueheart|💚 greenheart|💛 yellowheart|🖤 blackheart|🟢 green|🟡 yellow|🔴 red|🏠 home|🏖️ beach holiday|🚲 bike|✈️ plane travel|🎵 music|🎮 game|📷 camera|💻 laptop|📱 phone|🗑️ trash|🤖 robot|👻 ghost|💩 poop|🎈 balloon";

// Unicode's own data, as the browser knows it.
const EMOJI_AND_SPACE = /^(?:\p{RGI_Emoji}|\s)+$/v;
const ONE_EMOJI = /\p{RGI_Emoji}/gv;
/** More of them are a picture rather than a word, and stay small. */
const MOST_LARGE = 12;

/** Is a text nothing but a few emoji? */
export function isLargeEmoji(nodes: readonly { kind: string; text?: string }[]): boolean {
  if (nodes.length > 2 * MOST_LARGE || nodes.some((node) => node.kind !== "text" && node.kind !== "break"))
    return false;
  const text = nodes.map((node) => node.text ?? " ").join("");
  if (text.length > 400 || !EMOJI_AND_SPACE.test(text)) return false;
  const count = text.match(ONE_EMOJI)?.length ?? 0;
  return count > 0 && count <= MOST_LARGE;
}

export interface Emoji {
  char: string;
  name: string;
  words: readonly string[];
}

export const EMOJI: readonly Emoji[] = SOURCE.split("|").map((entry) => {
  const [char = "", ...words] = entry.split(" ");
  return { char, name: words[0] ?? "", words };
});

export const QUICK: readonly string[] = ["👍", "❤️", "😂", "🎉", "👀", "✅"];

export function findEmoji(typed: string, limit: number): Emoji[] {
  const needle = typed.toLowerCase();
  const starts = EMOJI.filter((emoji) => emoji.words.some((word) => word.startsWith(needle)));
  const contains = EMOJI.filter(
    (emoji) => !starts.includes(emoji) && emoji.words.some((word) => word.includes(needle)),
  );
  return [...starts, ...contains].slice(0, limit);
}

const byName: ReadonlyMap<string, string> = new Map(
  EMOJI.flatMap((emoji) => emoji.words.map((word) => [word, emoji.char] as const)).reverse(),
);
export const emojiNamed = (name: string): string | undefined => byName.get(name.toLowerCase());
export const nameOfEmoji = (char: string): string => EMOJI.find((emoji) => emoji.char === char)?.name ?? char;
