// The one place where a string becomes HTML that the page will accept. DOMPurify registers the Trusted Types policy
// "dompurify" and returns TrustedHTML; the server's policy names no other that may make HTML.
import DOMPurify from "dompurify";

const TAGS = [
  "a",
  "b",
  "blockquote",
  "br",
  "code",
  "del",
  "em",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "i",
  "li",
  "ol",
  "p",
  "pre",
  "s",
  "span",
  "strong",
  "table",
  "tbody",
  "td",
  "th",
  "thead",
  "tr",
  "ul",
];
const CLASSES = new Set(["mention", "mention-me"]);
const SCHEMES = /^(?:https?:|mailto:)/i;

let hooked = false;
function hook(): void {
  if (hooked) return;
  hooked = true;
  DOMPurify.addHook("afterSanitizeAttributes", (node) => {
    if (node.hasAttribute("class")) {
      const kept = [...node.classList].filter((name) => CLASSES.has(name));
      if (kept.length > 0) node.setAttribute("class", kept.join(" "));
      else node.removeAttribute("class");
    }
    // These scroll sideways, so the keyboard must reach them.
    if (node.nodeName === "PRE" || node.nodeName === "TABLE") node.setAttribute("tabindex", "0");
    if (node.nodeName === "A") {
      // A relative address would lead into this application, in the reader's own session.
      if (SCHEMES.test(node.getAttribute("href") ?? "")) {
        node.setAttribute("rel", "noopener noreferrer nofollow");
        node.setAttribute("target", "_blank");
      } else node.removeAttribute("href");
    }
  });
}

export function sanitise(html: string): TrustedHTML {
  hook();
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "class", "start"],
    ALLOWED_URI_REGEXP: SCHEMES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_TRUSTED_TYPE: true,
  }) as unknown as TrustedHTML;
}
