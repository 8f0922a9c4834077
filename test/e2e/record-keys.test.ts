import { decryptFragment, derivePublicKey, encryptFragment } from "@medexchain/bfv";
import {
  type AccessRequest,
  chainTimes,
  findDelivered,
  fromHex32,
  type Hex32,
  hex32,
  requestIdOf,
  requestStateOf,
  signRequest,
  toHex32,
  transact,
} from "@medexchain/chain";
import { encodeObject } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { encodeBytes32String, toBigInt } from "ethers";
import type { Cast } from "../../devnet/cast.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { encodeFragmentPieces } from "../../offchain/actors/fragment-pieces.ts";
import { fetchRequestKey, recordKeyOf } from "../../offchain/actors/request-key.ts";
import { requestTimes } from "../../offchain/actors/request-times.ts";
import { fetchRequester } from "../../offchain/actors/requester.ts";
import { failsWith, publishExample, reachesOwner, reachesRequester, requestFrom, withNetwork } from "./support.ts";

describe("the key that private features are sent to", function () {
  this.timeout(120_000);
  let cast: Cast;

  withNetwork((network) => {
    ({ cast } = network);
  });

  const delivered = async (requestId: Hex32): Promise<AccessRequest> =>
    findDelivered(cast.chainA, requestId, await cast.chainA.grants.grant(requestId));

  /** Files a request as the doctor's account may, with any nonce. */
  async function requestWith(recordId: Hex32, nonce: bigint): Promise<Hex32> {
    const [doctor] = cast.doctors;
    const { chain, ownerChain } = doctor;
    const times = requestTimes(await chainTimes(chain), 3600n);
    const request: AccessRequest = {
      recordId,
      requester: doctor.memberId,
      purpose: hex32(encodeBytes32String("TREAT")),
      destinationChainId: ownerChain.deployment.chainId,
      destination: ownerChain.deployment.grants,
      ...times,
      nonce,
    };
    const contract = { chainId: chain.deployment.chainId, address: chain.deployment.requests };
    const signature = await signRequest(doctor.account, contract, request);
    await transact(chain, () => chain.requests.request(request, signature));
    const requestId = requestIdOf(contract, request);
    await reachesOwner(cast, requestId, "Pending");
    return requestId;
  }

  it("is another for each record, and never the certified one: an owner learns of its own record's key at most", async () => {
    const [doctor] = cast.doctors;
    const records = [await publishExample(cast), await publishExample(cast)] as const;
    const keys = [];
    for (const recordId of records) {
      keys.push(await fetchRequestKey(cast.store, await delivered(await requestFrom(cast, doctor, recordId))));
    }
    const { bfv } = await fetchRequester(cast.chainA, cast.store, doctor.memberId);
    const all = [...keys, bfv].map(({ publicKey }) => toHex32(sha256(publicKey)));
    expect(new Set(all)).to.have.lengthOf(3);
    const secret = { profile: "standard", publicKey: new Uint8Array(), secretKey: randomBytes(32) } as const;
    const derived = records.map((recordId) => toHex32(recordKeyOf(secret, recordId)));
    expect(new Set([...derived, toHex32(secret.secretKey)])).to.have.lengthOf(3);
    expect(toHex32(recordKeyOf(secret, records[0]))).to.equal(derived[0]);
  });

  it("is of a profile in requests from before there were keys for bytes, and those are answered under it", async () => {
    const recordId = toHex32(randomBytes(32));
    const doctor = { profile: "standard", publicKey: new Uint8Array(), secretKey: randomBytes(32) } as const;
    const secretKey = recordKeyOf(doctor, recordId);
    const publicKey = await derivePublicKey("standard", secretKey);
    const before = {
      v: 1,
      type: "medexchain/request-key",
      recordId: fromHex32(recordId),
      profile: "standard",
      publicKey,
    };
    const { digest } = await cast.store.put(encodeObject(before));
    const key = await fetchRequestKey(cast.store, { nonce: toBigInt(digest), recordId });
    const features = [{ index: 0, name: "any", value: "private" }];
    const file = await encryptFragment(key.profile, key.publicKey, features, { numericSlots: false });
    const decrypted = await decryptFragment(key.profile, secretKey, file);
    expect(decrypted).to.deep.equal([{ index: 0, value: "private" }]);
  });

  it("is named by the request: without one, or with one for another record, nothing is approved", async () => {
    const [mine, other] = [await publishExample(cast), await publishExample(cast)];
    const none = await requestWith(mine, toBigInt(randomBytes(32)));
    await failsWith("CONTENT_NOT_FOUND", () => cast.patient.approve(none));
    const { nonce } = await delivered(await requestFrom(cast, cast.doctors[0], other));
    const foreign = await requestWith(mine, nonce);
    await failsWith("CERTIFICATE_INVALID", () => cast.patient.approve(foreign));
    for (const requestId of [none, foreign]) {
      expect(requestStateOf((await cast.chainA.grants.grant(requestId)).state)).to.equal("Pending");
    }
  });

  it("believes no node about the request that it names", async () => {
    const [recordId, other] = [await publishExample(cast), await publishExample(cast)];
    const requestId = await requestFrom(cast, cast.doctors[0], recordId);
    const another = await cast.chainA.grants.grant(await requestFrom(cast, cast.doctors[0], other));
    // The log of one request, under the id of another.
    const grants = Object.create(cast.chainA.grants, {
      queryFilter: {
        value: async (_: unknown, from: number, to: number) =>
          cast.chainA.grants.queryFilter(cast.chainA.grants.filters.RequestDelivered(), from, to),
      },
    });
    const lying = Object.create(cast.chainA, { grants: { value: grants } });
    await failsWith("SERVICE_PROTOCOL", () => findDelivered(lying, requestId, another));
  });

  it("decrypts nothing that an owner sends under the certified key", async () => {
    const [doctor] = cast.doctors;
    const recordId = await publishExample(cast);
    const requestId = await requestFrom(cast, doctor, recordId);
    const { bfv } = await fetchRequester(cast.chainA, cast.store, doctor.memberId);
    const file = await encryptFragment(bfv.profile, bfv.publicKey, [
      { index: 0, name: "any", value: "chosen by the owner" },
    ]);
    const fragment = encodeFragmentPieces([[0, file]]);
    const message = encodeObject({ v: 1, profile: bfv.profile, fragment });
    const { fragmentStore } = cast.patient;
    const approval: typeof fragmentStore.approval = async (...about) => {
      const progress = await fragmentStore.approval(...about);
      return {
        ...progress,
        file: async () => payloadOf(message),
        [Symbol.asyncDispose]: () => progress[Symbol.asyncDispose](),
      };
    };
    const device = Object.create(cast.patient, {
      channelAuthorOf: { value: cast.patient.channelAuthorOf.bind(cast.patient) },
      fragmentKeyOf: { value: cast.patient.fragmentKeyOf.bind(cast.patient) },
      recordSecretOf: { value: cast.patient.recordSecretOf.bind(cast.patient) },
      fragmentStore: { value: Object.create(fragmentStore, { approval: { value: approval } }) },
    }) as typeof cast.patient; // all that is not replaced is the patient's own
    await approveRequest(device, requestId);
    await reachesRequester(cast, requestId, "Granted");
    const { message: told } = await failsWith("TANGLE_MESSAGE_INVALID", () => doctor.open(requestId));
    expect(told).to.include("dispute");
  });
});

const payloadOf = (bytes: Uint8Array) => ({
  length: bytes.length,
  read: async (start: number, end: number) => bytes.slice(start, end),
  [Symbol.asyncDispose]: async () => undefined,
});
