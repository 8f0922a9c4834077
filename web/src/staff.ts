/** The hospital's desk behind the app's server, for its staff. The token came in the link's fragment, and is in this page's memory alone. */
import { z } from "zod";
import { DeviceError } from "./device.ts";

const text = z.string();
const count = z.int().nonnegative();

const overviewSchema = z.object({
  hospital: text,
  hospitalId: text,
  scheme: z.enum(["ibe", "clc"]),
  home: text,
  chains: z.array(
    z.object({
      chain: text,
      status: z.enum(["unregistered", "active", "suspended"]),
      maxAccessCount: count,
      maxRequestsPerHour: count,
      maxRequestsPerMember: count,
    }),
  ),
  requestCount: count,
  requests: z.array(
    z.object({
      requestId: text,
      direction: z.enum(["in", "out"]),
      recordId: text,
      requester: text,
      requesterName: text.optional(),
      requesterHospital: text.optional(),
      owner: text.optional(),
      ownerName: text.optional(),
      purpose: text,
      expiry: count,
      state: z.enum(["None", "Pending", "Authorized", "Granted", "Denied", "Refused", "Expired"]),
    }),
  ),
});
const membersSchema = z.object({
  count,
  members: z.array(
    z.object({
      id: text,
      name: text.optional(),
      account: text,
      serial: count,
      notAfter: z.number(),
      suspended: z.boolean(),
      active: z.boolean(),
    }),
  ),
});
const healthSchema = z.array(z.object({ name: text, isUp: z.boolean(), detail: text }));
const inviteSchema = z.object({
  text,
  memberId: text,
  fingerprint: text,
  role: z.enum(["owner", "doctor"]),
  expiry: count,
});
const errorSchema = z.object({ code: text, message: text });

export type Overview = z.infer<typeof overviewSchema>;
export type Member = z.infer<typeof membersSchema>["members"][number];
export type Invite = z.infer<typeof inviteSchema>;

export interface InviteInput {
  readonly pseudonym: string;
  readonly days: number;
  readonly hours: number;
  readonly ether: string;
}

export type Staff = ReturnType<typeof staffWith>;

/** @param token what the terminal printed */
export function staffWith(token: string) {
  /** @throws DeviceError with what the server says, or that it does not answer */
  async function call<S extends z.ZodType>(name: string, input: object, output: S): Promise<z.output<S>> {
    const response = await fetch(`/staff/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(input),
    }).catch(() => undefined);
    const answer: unknown = await response?.json().catch(() => undefined);
    if (response === undefined) {
      throw new DeviceError({
        code: "SERVICE_UNREACHABLE",
        message: "the app's own server does not answer: is medex app running?",
      });
    }
    if (!response.ok) {
      const told = errorSchema.safeParse(answer);
      throw new DeviceError(
        told.data ?? { code: "UNFORESEEN", message: `the app's server failed (${response.status})` },
      );
    }
    return output.parse(answer);
  }
  return {
    overview: () => call("overview", {}, overviewSchema),
    members: (find: string) => call("members", { find }, membersSchema),
    health: () => call("health", {}, healthSchema),
    invite: (input: InviteInput) => call("invite", input, inviteSchema),
    setStanding: (verb: "suspend" | "reinstate", member: string) => call("standing", { verb, member }, z.object({})),
    setAccessLimit: (limit: number) => call("access-limit", { count: limit }, z.object({})),
    setMemberLimit: (limit: number) => call("member-limit", { count: limit }, z.object({})),
  };
}

const FRAGMENT = /^#staff=([A-Za-z0-9_-]{43})$/;

/** Takes the token out of the page's address, so that nobody sees it there. Undefined where there is none. */
export function takeStaff(): Staff | undefined {
  const [, token] = FRAGMENT.exec(location.hash) ?? [];
  if (token === undefined) return undefined;
  history.replaceState(undefined, "", "/");
  return staffWith(token);
}
