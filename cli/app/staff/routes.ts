/** The staff's calls over HTTP: a POST of JSON each, with the bearer's token that the terminal printed. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { MedexError } from "@medexchain/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { gweiOf } from "../../member/ether.ts";
import type { StaffDesk } from "./desk.ts";

/** A desk, and the token of those who may use it. */
export interface StaffAccess {
  readonly token: string;
  readonly desk: StaffDesk;
}

/** Nobody guesses it; it is good until the server ends. */
export const staffToken = (): string => randomBytes(32).toString("base64url");

/** The token is in the fragment, which no browser sends and no server logs. */
export const staffUrl = (app: string, { token }: StaffAccess): string => `${app}/#staff=${token}`;

const MAX_BODY_BYTES = 4096;

const nothing = z.strictObject({});
/** As the contracts hold it: 32 bits. */
const count = z.int().min(0).max(4_294_967_295);

/** A call: what goes in, and what is done. */
const call = <S extends z.ZodType>(input: S, run: (desk: StaffDesk, input: z.output<S>) => Promise<unknown>) => ({
  input,
  run: (desk: StaffDesk, body: unknown): Promise<unknown> => {
    const parsed = input.safeParse(body);
    if (!parsed.success) throw new MedexError("INPUT_INVALID", `what was sent is not right: ${wrongIn(parsed.error)}`);
    return run(desk, parsed.data);
  },
});

/** Where, never what. */
const wrongIn = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");

const CALLS = {
  overview: call(nothing, (desk) => desk.overview()),
  members: call(z.strictObject({ find: z.string().max(256) }), (desk, { find }) => desk.members(find)),
  health: call(nothing, (desk) => desk.health()),
  invite: call(
    z.strictObject({
      pseudonym: z.string().trim().min(1).max(64),
      days: z.int().min(1).max(36_500),
      hours: z.int().min(1).max(8760),
      ether: z.string().max(32),
    }),
    (desk, { pseudonym, ether, ...terms }) => desk.invite(pseudonym, { ...terms, gwei: gweiOf(ether) }),
  ),
  standing: call(
    z.strictObject({
      verb: z.enum(["suspend", "reinstate"]),
      member: z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]),
    }),
    (desk, { verb, member }) => desk.setStanding(verb, member),
  ),
  "access-limit": call(z.strictObject({ count }), (desk, input) => desk.setAccessLimit(input.count)),
  "member-limit": call(z.strictObject({ count }), (desk, input) => desk.setMemberLimit(input.count)),
};

/** Adds the calls below `/staff/`. Pages of other origins cannot make them: they have no token, and no cookie stands for one. */
export async function addStaff(server: FastifyInstance, accesses: readonly StaffAccess[]): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "string", bodyLimit: MAX_BODY_BYTES },
      scope.getDefaultJsonParser("error", "error"),
    );
    for (const [name, { run }] of Object.entries(CALLS)) {
      scope.post(`/staff/${name}`, async (request, reply) => {
        reply.header("cache-control", "no-store");
        const desk = deskOf(accesses, request);
        if (desk === undefined) return reply.code(401).send({ code: "UNAUTHORIZED", message: UNAUTHORIZED });
        try {
          return (await run(desk, request.body)) ?? {};
        } catch (error) {
          if (!MedexError.is(error)) throw error;
          return reply.code(409).send({ code: error.code, message: error.message });
        }
      });
    }
  });
}

const UNAUTHORIZED = "this page has no right to the hospital: open the address that medex app --hospital printed";

/** Digests are of one length, and compared without telling where they differ. */
const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function deskOf(accesses: readonly StaffAccess[], { headers }: FastifyRequest): StaffDesk | undefined {
  const given = digestOf(headers.authorization ?? "");
  return accesses.find(({ token }) => timingSafeEqual(given, digestOf(`Bearer ${token}`)))?.desk;
}
