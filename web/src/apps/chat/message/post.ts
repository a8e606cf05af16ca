// Posting: over the socket while it is open, else over HTTP. Either way the client id makes it safe to repeat.
import { ApiError, disconnectedError } from "@/api/error";
import { body, http } from "@/api/http";
import { socket } from "@/api/socket/socket";
import type { Message } from "@/api/types";
import type { OutboxEntry } from "./outbox";

export async function postMessage(entry: OutboxEntry, signal: AbortSignal): Promise<Message> {
  const path = { org: entry.org, channel: entry.channel };
  const input = { clientId: entry.clientId, body: entry.body };
  if (socket.isOpen) {
    try {
      return await socket.call("chat.message.post", path, input);
    } catch (error) {
      if (!(error instanceof ApiError && error.unanswered)) throw error;
    }
  }
  // The socket may have gone because the person did: HTTP would ask under whoever is here now.
  if (signal.aborted) throw disconnectedError();
  return body(http.POST("/api/v1/orgs/{org}/channels/{channel}/messages", { params: { path }, body: input }));
}
