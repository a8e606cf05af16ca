// A message as the object of a question: who, when, and enough of it to know which.
import type { Message } from "@/api/types";
import type { Directory } from "@/platform/members/queries";
import { MessageBody } from "./MessageBody";
import { Byline } from "./MessageRow";

export function MessageQuote({ message, directory, me }: { message: Message; directory: Directory; me: string }) {
  return (
    <blockquote className="mt-3 max-h-40 overflow-y-auto rounded-md border border-line bg-canvas px-3 py-2">
      <Byline name={directory.nameOf(message.author)} at={message.createdAt} dated />
      <MessageBody source={message.body} directory={directory} me={me} />
    </blockquote>
  );
}
