import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { expectRefused } from "./support/expectRefused.ts";
import { contentsOf, digest, digestOf, domainOf, sign, tuple } from "./support/messages.ts";
import {
  aloneIn,
  anchorOf,
  anotherRequest,
  approve,
  attestReEncryption,
  authorizedRequest,
  DOCTOR,
  epochOf,
  grantedRequest,
  HOSPITAL_A,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PRIVATE_FRAGMENT,
  pendingRequest,
  RECORD,
  refusal,
  reseal,
  responseOf,
  SEALED_REKEY,
  submit,
  THRESHOLD,
  termsOf,
  type World,
} from "./support/world.ts";

describe("AccessGrants: what follows the owner's decision", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async (requestId: string) => (await a.grants.grant(requestId)).state;

  describe("submitReEncryption (M4)", () => {
    it("grants, and answers with everything that the requester fetches", async () => {
      const { requestId } = await authorizedRequest(world);
      const transaction = await submit(world, requestId);
      const response = {
        ...refusal(requestId, Decision.Granted, await now(a)),
        contents: contentsOf(anchorOf()),
        reEncryption: SEALED_REKEY,
        privateFragment: PRIVATE_FRAGMENT,
      };
      await expect(transaction).to.emit(a.grants, "ResponseReady").withArgs(2n, requestId, b.chainId, tuple(response));
      expect(await a.grants.responseOf(requestId)).to.deep.equal(tuple(response));
      const grant = await a.grants.grant(requestId);
      expect([grant.state, grant.decision, grant.key, grant.decidedAt]).to.deep.equal([
        RequestState.Granted,
        Decision.Granted,
        SEALED_REKEY,
        response.decidedAt,
      ]);
    });

    it("counts the access once, at the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      await submit(world, requestId);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      expect(await a.ledger.length()).to.equal(1n);
    });

    it("is a registered relayer's alone", async () => {
      const { requestId } = await authorizedRequest(world);
      const { patient, doctor, operatorA, administrator, stranger, relayer3 } = a.actors;
      const alone = aloneIn(await epochOf(a));
      await a.relayers.removeRelayer(relayer3);
      for (const caller of [patient, doctor, operatorA, administrator, stranger, relayer3]) {
        const attempt = a.grants.connect(caller).submitReEncryption(requestId, alone);
        await expectRefusal(attempt, a.relayers, "RelayerSetUnknownRelayer", caller.address);
      }
    });

    it("needs as many relayers as must attest, and the caller is one of them", async () => {
      const { requestId } = await authorizedRequest(world);
      const asRelayer = a.grants.connect(a.actors.relayer1);
      const alone = asRelayer.submitReEncryption(requestId, aloneIn(await epochOf(a)));
      await expectRefusal(alone, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const twice = await attestReEncryption(world, requestId, ["relayer1"]);
      const attempt = asRelayer.submitReEncryption(requestId, twice);
      await expectRefusal(attempt, a.relayers, "RelayerSetDuplicateAttestation", a.actors.relayer1.address);
    });

    it("says who signed, by the bits of their indices", async () => {
      const { relayer1, relayer3 } = a.actors;
      const bitOf = async (relayer: { address: string }) => 1n << (await a.relayers.indexOf(relayer.address));
      const { requestId } = await authorizedRequest(world);
      const attestations = await attestReEncryption(world, requestId, ["relayer3"]);
      const signers = (await bitOf(relayer1)) | (await bitOf(relayer3));
      await expect(a.grants.connect(relayer1).submitReEncryption(requestId, attestations))
        .to.emit(a.grants, "ReEncrypted")
        .withArgs(requestId, signers);
    });

    it("takes attestations of the epoch alone to whose relayers the key is sealed", async () => {
      const { requestId } = await authorizedRequest(world);
      const sealedIn = await epochOf(a);
      const { relayer1, stranger } = a.actors;
      const before = await attestReEncryption(world, requestId);
      await a.relayers.addRelayer(stranger);
      const later = await attestReEncryption(world, requestId);
      for (const epoch of [sealedIn + 1n, sealedIn - 1n, 0n, sealedIn + 2n ** 16n]) {
        for (const attestations of [{ ...later, epoch }, aloneIn(epoch)]) {
          const attempt = a.grants.connect(relayer1).submitReEncryption(requestId, attestations);
          await expectRefusal(attempt, a.grants, "AccessGrantsWrongEpoch", requestId, epoch, sealedIn);
        }
      }
      await a.grants.connect(relayer1).submitReEncryption(requestId, before);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
    });

    it("takes the word of one where one is enough, however long ago its epoch ended", async () => {
      await a.relayers.setThreshold(1n);
      const { requestId } = await authorizedRequest(world);
      const alone = aloneIn(await epochOf(a));
      const { relayer1, relayer2, stranger } = a.actors;
      await a.relayers.addRelayer(stranger);
      await a.relayers.removeRelayer(relayer2);
      await a.relayers.addRelayer(relayer2);
      await nextBlockAt(a, (await now(a)) + 7_200n);
      for (const late of [stranger, relayer2]) {
        const attempt = a.grants.connect(late).submitReEncryption(requestId, alone);
        await expectRefusal(attempt, a.relayers, "RelayerSetUnknownRelayer", late.address);
      }
      await expect(a.grants.connect(relayer1).submitReEncryption(requestId, alone))
        .to.emit(a.grants, "ReEncrypted")
        .withArgs(requestId, 1n << (await a.relayers.indexOf(relayer1)));
    });

    it("takes no word of one where one was too few when the key was sealed, or is by now", async () => {
      const { requestId } = await authorizedRequest(world);
      const asRelayer = a.grants.connect(a.actors.relayer1);
      const sealedIn = await epochOf(a);
      await a.relayers.setThreshold(1n);
      const lowered = asRelayer.submitReEncryption(requestId, aloneIn(sealedIn));
      await expectRefusal(lowered, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const other = await anotherRequest(world);
      await approve(world, other.requestId);
      const alone = aloneIn(await epochOf(a));
      await a.relayers.setThreshold(3n);
      const raised = asRelayer.submitReEncryption(other.requestId, alone);
      await expectRefusal(raised, a.relayers, "RelayerSetTooFewAttestations", 1n, 3n);
    });

    it("refuses an attestation of another digest, another request, another contract or another chain", async () => {
      const { requestId } = await authorizedRequest(world);
      const { relayer1, relayer2 } = a.actors;
      const terms = await termsOf(a);
      const message = { requestId, sealedRekey: SEALED_REKEY, ...terms };
      const domain = await domainOf(a, "grants");
      const signatures = [
        await sign(relayer2, domain, "ReEncryption", { ...message, sealedRekey: digest("other") }),
        await sign(relayer2, domain, "ReEncryption", { ...message, requestId: digest("other") }),
        await sign(relayer2, domain, "ReEncryption", { ...message, epoch: terms.epoch - 1n }),
        await sign(relayer2, domain, "ReEncryption", { ...message, expiry: terms.expiry + 1n }),
        await sign(relayer2, await domainOf(a, "requests"), "ReEncryption", message),
        await sign(relayer2, await domainOf(b, "grants"), "ReEncryption", message),
      ];
      for (const signature of signatures) {
        const attestations = { ...terms, by: [{ relayer: relayer2.address, signature }] };
        const attempt = a.grants.connect(relayer1).submitReEncryption(requestId, attestations);
        await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", relayer2.address);
      }
      const expected = digestOf(domain, "ReEncryption", message);
      const { epoch, expiry } = terms;
      expect(await a.grants.reEncryptionDigest(requestId, SEALED_REKEY, epoch, expiry)).to.equal(expected);
    });

    it("grants nothing of a record that was revoked since the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await expectRefused(world, submit(world, requestId), requestId, 2n, Decision.RecordRevoked);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
      expect((await responseOf(world, requestId)).reEncryption).to.equal(ZeroHash);
      expect(await a.ledger.length()).to.equal(2n);
    });

    it("grants nothing to a requester that was suspended since the approval", async () => {
      const { requestId } = await authorizedRequest(world);
      await a.hospitals.suspendHospital(HOSPITAL_B);
      await expectRefused(world, submit(world, requestId), requestId, 2n, Decision.RequesterInactive);
      expect(await stateOf(requestId)).to.equal(RequestState.Refused);
    });

    it("answers the same after the record is revoked: what was granted stays granted", async () => {
      const { requestId } = await grantedRequest(world);
      const before = await responseOf(world, requestId);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      expect(await responseOf(world, requestId)).to.deep.equal(before);
    });
  });

  describe("the expiry second", () => {
    it("is too late for the owner and the relayer, and the first for expire", async () => {
      const signed = await pendingRequest(world);
      const other = await anotherRequest(world, { expiry: signed.request.expiry });
      await approve(world, other.requestId);
      const { requestId } = signed;
      const { expiry } = signed.request;
      const epoch = await epochOf(a);
      const asPatient = a.grants.connect(a.actors.patient);
      const tooLate: [string, () => Promise<unknown>][] = [
        [requestId, () => approve(world, requestId)],
        [requestId, () => asPatient.authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, epoch, "0x")],
        [requestId, () => asPatient.deny(requestId)],
        [requestId, () => asPatient.denyFor(requestId, "0x")],
        [other.requestId, () => submit(world, other.requestId)],
        [other.requestId, () => asPatient.reseal(other.requestId, SEALED_REKEY, epoch)],
        [other.requestId, () => asPatient.resealFor(other.requestId, SEALED_REKEY, epoch, "0x")],
      ];
      for (const [id, attempt] of tooLate) {
        await nextBlockAt(a, expiry);
        await expectRefusal(attempt(), a.grants, "AccessGrantsExpired", id, expiry);
      }
      await nextBlockAt(a, expiry);
      await expectRefused(
        world,
        a.grants.connect(a.actors.stranger).expire(requestId),
        requestId,
        2n,
        Decision.Expired,
      );
      expect(await stateOf(requestId)).to.equal(RequestState.Expired);
    });

    it("is one second after the last for the owner and the relayer, and too early for expire", async () => {
      const { requestId, request } = await authorizedRequest(world);
      const { expiry } = request;
      const other = await anotherRequest(world, { expiry });
      await nextBlockAt(a, expiry - 1n);
      const early = a.grants.expire(requestId);
      await expectRefusal(early, a.grants, "AccessGrantsNotExpired", requestId, expiry);
      await nextBlockAt(a, expiry - 1n);
      await approve(world, other.requestId);
      await nextBlockAt(a, expiry - 1n);
      await submit(world, requestId);
      expect(await stateOf(requestId)).to.equal(RequestState.Granted);
      expect(await stateOf(other.requestId)).to.equal(RequestState.Authorized);
    });

    it("ends an approved request too, and the access that was counted stays counted", async () => {
      const { requestId, request } = await authorizedRequest(world);
      await nextBlockAt(a, request.expiry);
      await expectRefused(world, a.grants.expire(requestId), requestId, 2n, Decision.Expired);
      expect(await stateOf(requestId)).to.equal(RequestState.Expired);
      expect(await a.ledger.accessCountOf(HOSPITAL_A, DOCTOR)).to.equal(1n);
      expect(await a.ledger.length()).to.equal(2n);
    });
  });

  describe("the states of a request", () => {
    const expired = async () => {
      const signed = await pendingRequest(world);
      await nextBlockAt(a, signed.request.expiry);
      await a.grants.expire(signed.requestId);
      return signed;
    };
    const denied = async () => {
      const signed = await pendingRequest(world);
      await a.grants.connect(a.actors.patient).deny(signed.requestId);
      return signed;
    };
    const refused = async () => {
      const signed = await pendingRequest(world);
      await a.records.connect(a.actors.patient).revoke(RECORD);
      await approve(world, signed.requestId);
      return signed;
    };
    /** Brings a fresh request to a state by legal steps. */
    const reach: Record<string, () => Promise<{ requestId: string }>> = {
      Pending: () => pendingRequest(world),
      Authorized: () => authorizedRequest(world),
      Granted: () => grantedRequest(world),
      Denied: denied,
      Refused: refused,
      Expired: expired,
    };
    const calls: Record<string, { from: string[]; call: (requestId: string) => Promise<unknown> }> = {
      authorize: { from: ["Pending"], call: (requestId) => approve(world, requestId) },
      authorizeFor: {
        from: ["Pending"],
        call: (requestId) => a.grants.authorizeFor(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, 4n, "0x"),
      },
      reseal: { from: ["Authorized"], call: (requestId) => reseal(world, requestId) },
      resealFor: {
        from: ["Authorized"],
        call: (requestId) => a.grants.resealFor(requestId, SEALED_REKEY, 5n, "0x"),
      },
      deny: { from: ["Pending"], call: (requestId) => a.grants.connect(a.actors.patient).deny(requestId) },
      denyFor: { from: ["Pending"], call: (requestId) => a.grants.denyFor(requestId, "0x") },
      submitReEncryption: { from: ["Authorized"], call: (requestId) => submit(world, requestId) },
      expire: { from: ["Pending", "Authorized"], call: (requestId) => a.grants.expire(requestId) },
    };
    for (const [name, { from, call }] of Object.entries(calls)) {
      for (const [state, reached] of Object.entries(reach)) {
        if (from.includes(state)) continue;
        it(`refuse ${name} in state ${state}`, async () => {
          const { requestId } = await reached();
          const expected = RequestState[state as keyof typeof RequestState]; // the keys of `reach` are states
          await expectRefusal(call(requestId), a.grants, "AccessGrantsWrongState", requestId, expected);
        });
      }
      it(`refuse ${name} where there is no request`, async () => {
        await expectRefusal(call(digest("none")), a.grants, "AccessGrantsUnknownRequest", digest("none"));
      });
    }
  });
});
