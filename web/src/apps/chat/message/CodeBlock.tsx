// A block of code: its language, and a button that copies it.
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { t } from "@/apps/chat/text";

export function CodeBlock({ language, text }: { language: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  const Icon = copied ? Check : Copy;
  return (
    <div className="code-box" dir="ltr">
      {language && <span className="code-language">{language}</span>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <button
        type="button"
        className="code-copy"
        aria-label={copied ? t.chat.copied : t.chat.copyCode}
        onClick={() => void copy().catch(() => setCopied(false))}
        onBlur={() => setCopied(false)}
        onPointerLeave={() => setCopied(false)}
      >
        <Icon size={14} aria-hidden="true" />
      </button>
    </div>
  );
}
