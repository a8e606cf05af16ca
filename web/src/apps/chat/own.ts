// Addresses of this installation's own conversations, as they stand in messages.
const CONVERSATION = /^\/o\/[^/]+\/c\/([^/]+)\/?$/;

export interface OwnPlace {
  /** What the router is given. */
  path: string;
  channel: string;
}

/** Null: it leads elsewhere. */
export function ownPlace(href: string, origin = window.location.origin): OwnPlace | null {
  const url = URL.canParse(href) ? new URL(href) : null;
  const channel = url?.origin === origin ? CONVERSATION.exec(url.pathname)?.[1] : undefined;
  return url && channel ? { path: url.pathname + url.search, channel } : null;
}
