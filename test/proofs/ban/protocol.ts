/** A protocol as BAN idealises it. */
import { type Statement, sees } from "./statement.ts";

export interface IdealMessage {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly content: Statement;
}

export interface IdealProtocol {
  readonly name: string;
  readonly messages: readonly IdealMessage[];
  /** By name. */
  readonly assumptions: Readonly<Record<string, Statement>>;
  readonly goals: Readonly<Record<string, Statement>>;
}

/** What is known before any rule, by name: assumptions, and that each message is seen by whom it goes to. */
export function knownAtFirst({ messages, assumptions }: IdealProtocol): Record<string, Statement> {
  return { ...assumptions, ...Object.fromEntries(messages.map(({ name, to, content }) => [name, sees(to, content)])) };
}

/** The protocol without one of its assumptions or messages. */
export function without(protocol: IdealProtocol, name: string): IdealProtocol {
  const { [name]: _, ...assumptions } = protocol.assumptions;
  return { ...protocol, assumptions, messages: protocol.messages.filter((message) => message.name !== name) };
}
