// REQ COMMS-4: read positions that overtake each other, over two tabs and any clock.
import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import type { ChannelSummary } from "@/api/types";
import { World } from "@/testing/fake/world";
import { channelsKey } from "../channel/queries";
import { setReadState } from "./mark";

it("keeps the newer of two positions, whichever comes last", () => {
  const client = new QueryClient();
  const world = new World(9);
  const [first] = [...world.rooms.values()];
  if (!first) throw new Error("no room");
  const id = first.channel.id;
  client.setQueryData<ChannelSummary[]>(channelsKey("o"), [{ ...world.summary(first), readSeq: 3, readRevision: 0 }]);
  const tell = (readRevision: number, readSeq: number) => {
    setReadState(client, "o", id, { readRevision, readSeq, unread: 0, mentions: 0 });
    const now = client.getQueryData<ChannelSummary[]>(channelsKey("o"))?.[0];
    return [now?.readRevision, now?.readSeq];
  };
  expect(tell(0, 9)).toEqual([0, 9]);
  expect(tell(0, 5)).toEqual([0, 9]);
  expect(tell(1, 2)).toEqual([1, 2]);
  expect(tell(0, 9)).toEqual([1, 2]);
  expect(tell(1, 4)).toEqual([1, 4]);
});
