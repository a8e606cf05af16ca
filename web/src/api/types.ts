// Names for the generated types. Nothing here is written by hand: a change of the contract shows up as a type error.
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Membership = Schemas["MeMembership"];
export type Member = Schemas["Member"];
export type Token = Schemas["Token"];
export type Person = Schemas["Person"];
export type Role = Schemas["Role"];
export type Session = Schemas["Session"];
export type Invitation = Schemas["Invitation"];
export type AuditEntry = Schemas["AuditEntry"];
export type PasswordRating = Schemas["PasswordRating"];
export type Channel = Schemas["Channel"];
export type ChannelSummary = Schemas["ChannelSummary"];
export type Installation = Schemas["Installation"];
export type OrgSummary = Schemas["OrgSummary"];
export type AccountSummary = Schemas["AccountSummary"];
export type JobQueue = Schemas["JobQueue"];
export type JobSummary = Schemas["JobSummary"];
export type Crash = Schemas["Crash"];
export type UnreadTotals = Schemas["UnreadTotals"];
export type Message = Schemas["Message"];
export type MessagePage = Schemas["MessagePage"];
export type Revision = Schemas["Revision"];
/** `head`: the entry of the log up to which it is counted; servers that do not say it yet count up to about now. */
export type ReadState = Schemas["ReadState"];
export type ChannelEvent = Schemas["ChannelEvent"];
export type ErrorCode = Schemas["Code"];
export type EventLog = Schemas["Log"];
export type ErrorBody = Schemas["Error"];

export type OperationId = keyof operations;

type Json<T> = T extends { content: { "application/json": infer B } } ? B : Record<string, never>;
type PathOf<Op> = Op extends { parameters: { path: infer P } } ? P : Record<string, never>;
type QueryOf<Op> = Op extends { parameters: { query?: infer Q } }
  ? [Q] extends [never | undefined]
    ? Record<string, never>
    : Q
  : never;
type BodyOf<Op> = Op extends { requestBody: infer B } ? Json<B> : QueryOf<Op>;
type ReplyOf<Op> = Op extends { responses: { 200: infer R } } ? Json<R> : never;

/** The pieces of an operation as the WebSocket takes them. */
export type OpPath<Id extends OperationId> = PathOf<operations[Id]>;
export type OpInput<Id extends OperationId> = BodyOf<operations[Id]>;
export type OpReply<Id extends OperationId> = ReplyOf<operations[Id]>;
