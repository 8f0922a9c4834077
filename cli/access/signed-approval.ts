import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { addressSchema, type Deployment, type SignedAuthorization } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { z } from "zod";

const hex32 = z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]);

/** What a patient's device signed, for another to carry. It holds no secret, but whoever has it can carry it. */
const schema = z.strictObject({
  type: z.literal("medexchain/signed-approval"),
  /** Where it is good: the owner's chain, and its AccessGrants. */
  chainId: z.string().regex(/^[1-9]\d{0,19}$/),
  grants: addressSchema,
  requestId: hex32,
  sealedRekey: hex32,
  privateFragment: hex32,
  epoch: z.int().nonnegative(),
  /** Up to what a contract account may give. */
  signature: z.string().regex(/^0x([0-9a-f]{2}){1,2048}$/),
});

/** Bytes of such a file, with room to spare. */
const MAX_LENGTH = 8192;

const taken = (file: string) => new MedexError("INPUT_INVALID", `${file} exists already: choose another name`);

/** Refuses a file that is there, before anything is sent. Throws INPUT_INVALID. */
export function refuseTaken(file: string): void {
  if (existsSync(file)) throw taken(file);
}

/** Writes a signed approval to a new file. Throws INPUT_INVALID when there is such a file, or it cannot be made. */
export async function writeSignedApproval(
  file: string,
  { chainId, grants }: Pick<Deployment, "chainId" | "grants">,
  authorization: SignedAuthorization,
): Promise<void> {
  const text = toJson({
    type: "medexchain/signed-approval",
    chainId,
    grants,
    ...authorization,
    epoch: Number(authorization.epoch),
  });
  await writeFileDurably(file, `${text}\n`, { exclusive: true }).catch((cause: unknown) => {
    const { code } = cause as { code?: string }; // a system's error has one
    if (code === undefined) throw cause;
    if (code === "EEXIST") throw taken(file);
    throw new MedexError("INPUT_INVALID", `${file} cannot be written (${code}); check the folder`, { cause });
  });
}

/**
 * Reads a signed approval that is good on a chain.
 *
 * @throws INPUT_INVALID, or CONFIG_INVALID, naming the file and what of it is wrong
 */
export async function readSignedApproval(
  file: string,
  deployment: Pick<Deployment, "chainId" | "grants">,
): Promise<SignedAuthorization> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new MedexError("INPUT_INVALID", `${file} cannot be read: check the path`, { cause });
  });
  if (size > MAX_LENGTH) {
    throw new MedexError("INPUT_INVALID", `${file} has ${size} bytes, and a signed approval ${MAX_LENGTH} at most`);
  }
  const { type: _, chainId, grants, epoch, ...authorization } = await readJsoncFile("signed approval", file, schema);
  if (BigInt(chainId) !== deployment.chainId || grants !== deployment.grants) {
    throw new MedexError(
      "INPUT_INVALID",
      `${file} is for chain ${chainId} and the contract ${grants}, and your hospital's chain is ${deployment.chainId} with ${deployment.grants}: leave it to a hospital of that chain`,
    );
  }
  return { ...authorization, epoch: BigInt(epoch) };
}
