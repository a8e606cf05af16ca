// The shape of the stand-in's operations: what each takes and answers is the generated contract's.
import type { OperationId, OpInput, OpPath, OpReply } from "@/api/types";
import type { World } from "./world";

export interface Call<Id extends OperationId> {
  world: World;
  path: OpPath<Id>;
  input: OpInput<Id>;
}

export interface Handler<Id extends OperationId> {
  /** Method and path, as in the contract: fake.test.ts compares them. */
  route: string;
  run: (call: Call<Id>) => OpReply<Id>;
}

/** What it does not know is answered with "no such route". */
export type Handlers = { [Id in OperationId]?: Handler<Id> };

export class Refused {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly error: string,
    readonly fields?: { field: string; problem: string }[],
  ) {}
}
