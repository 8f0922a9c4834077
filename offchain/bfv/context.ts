/** SEAL contexts: one for each set of parameters, opened on first use and kept for the life of the process. They hold no secret. */

import { MedexError } from "@medexchain/core";
import type { ContextData, ParmsIdType, SEALContext } from "node-seal";
import { type BfvParameters, type ProfileName, profileParameters } from "./profiles.ts";
import { callSeal, loadSeal, type Seal } from "./seal.ts";

/** A modulus chain level, as the serialised form of keys and ciphertexts needs it. */
export interface Level {
  /** SEAL's hash of the parameters at this level: 4 little-endian words. */
  readonly parmsId: BigUint64Array;
  readonly primes: readonly bigint[];
}

export interface BfvContext {
  readonly seal: Seal;
  readonly context: SEALContext;
  readonly degree: number;
  /** The plain modulus `t`. */
  readonly plainModulus: bigint;
  /** The level of keys. */
  readonly keyLevel: Level;
  /** The level of fresh ciphertexts. */
  readonly dataLevel: Level;
  /** The level of stored byte ciphertexts under a public key. */
  readonly byteLevel: Level;
}

function readLevel(data: ContextData): Level {
  using id = data.parmsId();
  using parameters = data.parms();
  using modulus = parameters.coeffModulus();
  const primes = Array.from({ length: modulus.size() }, (_, i) => {
    using prime = modulus.get(i);
    if (prime === undefined) throw new MedexError("BFV_PARAMETERS_REFUSED", "SEAL lost a prime: reinstall node-seal");
    return prime.value();
  });
  return { parmsId: BigUint64Array.from(id.values() as BigUint64Array), primes }; // embind types it `any`
}

function levelAt(context: SEALContext, id: ParmsIdType): Level {
  using parmsId = id;
  using data = context.getContextData(parmsId);
  return readLevel(data);
}

/** The level below the first that keeps a given number of primes. */
function levelWith(context: SEALContext, count: number): Level {
  let data = context.firstContextData();
  for (;;) {
    using current = data;
    const level = readLevel(current);
    if (level.primes.length <= count) return level;
    data = current.nextContextData();
  }
}

function createContext(seal: Seal, parameters: BfvParameters): BfvContext {
  const { degree, coefficientBits, plainBits, batches = true, byteLevelPrimes } = parameters;
  const where = `BFV parameters n=${degree}, q=${coefficientBits.join("+")} bits, t=${plainBits} bits`;
  return callSeal("BFV_PARAMETERS_REFUSED", `${where} are not valid: use a profile`, () => {
    using settings = new seal.EncryptionParameters(seal.SchemeType.bfv);
    using coefficientModulus = seal.CoeffModulus.Create(degree, Int32Array.from(coefficientBits));
    using plainModulus = batches
      ? seal.PlainModulus.Batching(degree, plainBits)
      : new seal.Modulus(1n << BigInt(plainBits));
    settings.setPolyModulusDegree(degree);
    settings.setCoeffModulus(coefficientModulus);
    settings.setPlainModulus(plainModulus);
    // SEAL itself leaves the parameters unset if they are below the level that is named here.
    const context = new seal.SEALContext(settings, true, seal.SecLevelType.tc128);
    if (!context.parametersSet()) {
      context.delete();
      throw new MedexError(
        "BFV_PARAMETERS_REFUSED",
        `${where} are not valid, or below 128-bit security: use a profile`,
      );
    }
    return {
      seal,
      context,
      degree,
      plainModulus: plainModulus.value(),
      keyLevel: levelAt(context, context.keyParmsId()),
      dataLevel: levelAt(context, context.firstParmsId()),
      byteLevel: levelWith(context, byteLevelPrimes),
    };
  });
}

/**
 * Opens a context for given parameters. Use `bfvContext` for a profile's.
 * @throws BFV_PARAMETERS_REFUSED parameters that SEAL rejects, do not batch though they are to, or are below 128-bit security
 */
export async function openContext(parameters: BfvParameters): Promise<BfvContext> {
  return createContext(await loadSeal(), parameters);
}

const contexts = new Map<BfvParameters, BfvContext>();

/** The context of constant parameters. Opening one takes from some milliseconds to some tenths of a second: only what is used should be. */
export function keptContext(seal: Seal, parameters: BfvParameters): BfvContext {
  let context = contexts.get(parameters);
  if (context === undefined) {
    context = createContext(seal, parameters);
    contexts.set(parameters, context);
  }
  return context;
}

/**
 * A profile's context.
 * @throws BFV_PARAMETERS_REFUSED no such profile
 */
export async function bfvContext(profile: ProfileName): Promise<BfvContext> {
  const parameters = profileParameters(profile);
  return keptContext(await loadSeal(), parameters);
}
