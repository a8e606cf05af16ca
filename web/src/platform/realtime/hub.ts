// Which topics this page listens to: each for as long as anybody holds it, so that no app ends what another one, or another
// part of itself, still needs. A topic's kind is what its id begins with, and every kind belongs to one app.
import { type RealtimeSocket, type SocketListener, socket } from "@/api/socket/socket";
import type { OperationId } from "@/api/types";

export interface Wanted {
  topic: string;
  /** The operation that subscribes, and the ids of its path. */
  op: OperationId;
  path: Readonly<Record<string, string>>;
  /** From where its log is taken up; null: from its head. */
  seq: number | null;
  epoch: number | null;
}

/** The topics that one part of the page holds. */
export interface Hold {
  want: (wanted: Wanted) => void;
  /** Lets go of every topic that is not among these. */
  keep: (topics: ReadonlySet<string>) => void;
  end: () => void;
}

export class TopicHub {
  private readonly holds = new Set<Set<string>>();

  constructor(readonly socket: RealtimeSocket) {
    socket.listen({
      gone: (topic) => {
        for (const held of this.holds) held.delete(topic);
      },
    });
  }

  hold(): Hold {
    const held = new Set<string>();
    this.holds.add(held);
    const keep = (topics: ReadonlySet<string>) => {
      for (const topic of held) {
        if (topics.has(topic)) continue;
        held.delete(topic);
        if (![...this.holds].some((other) => other.has(topic))) this.socket.unsubscribe(topic);
      }
    };
    return {
      want: ({ seq, epoch, ...subscription }) => {
        held.add(subscription.topic);
        this.socket.subscribe(subscription, seq, epoch);
      },
      keep,
      end: () => {
        keep(new Set());
        this.holds.delete(held);
      },
    };
  }

  /** Hears of the topics of one kind, and of every notice. */
  listen(kind: string, listener: Pick<SocketListener, "event" | "reset" | "gone" | "notice" | "opened">): () => void {
    const isOf = (topic: string) => topic.startsWith(`${kind}_`);
    return this.socket.listen({
      ...listener,
      event: (topic, event) => isOf(topic) && listener.event?.(topic, event),
      reset: (topic, history) => isOf(topic) && listener.reset?.(topic, history),
      gone: (topic) => isOf(topic) && listener.gone?.(topic),
    });
  }
}

export const hub = new TopicHub(socket);
