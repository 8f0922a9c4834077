import { expect } from "chai";
import { Wallet, ZeroAddress } from "ethers";
import { RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, idOf } from "./support/messages.ts";
import { anchorRecord, certify, DAY, HOSPITAL_B, loadWorld, signRequest, type World } from "./support/world.ts";

describe("an account that borrows a contract's code (EIP-7702)", () => {
  let world: World;
  let key: Wallet;

  beforeEach(async () => {
    world = await loadWorld();
    key = new Wallet(Wallet.createRandom().privateKey);
    const { a, b } = world;
    const notAfter = BigInt(await a.time.latest()) + 365n * DAY;
    const { certificate, signature } = await certify(b, b.actors.operatorB, {
      hospitalId: HOSPITAL_B,
      pseudonym: digest("delegating doctor"),
      account: key.address,
      keyDigest: digest("keys"),
      serial: 1n,
      notAfter,
    });
    await a.hospitals.importMember(certificate, signature);
    await anchorRecord(world);
  });

  /** Lets the account run the code of another from now on, or of none. */
  const borrow = async (code: string): Promise<void> => {
    const { ethers, chainId, actors } = world.a;
    const nonce = await ethers.provider.getTransactionCount(key.address);
    const authorization = await key.authorize({ address: code, nonce, chainId });
    const carrier = Wallet.createRandom(ethers.provider);
    await actors.stranger.sendTransaction({ to: carrier.address, value: ethers.parseEther("1") });
    const call = { to: carrier.address, type: 4, authorizationList: [authorization], gasLimit: 200_000n };
    await (await carrier.sendTransaction(call)).wait();
  };

  /** Delivers a request that the account's key signed. */
  const deliver = async () => {
    const { a, b } = world;
    const requester = idOf(HOSPITAL_B, digest("delegating doctor"));
    const { request, requestId } = await signRequest(world, { requester });
    const signature = key.signingKey.sign(requestId).serialized;
    return { requestId, delivered: a.grants.deliverRequest(b.chainId, request, signature) };
  };

  it("is not heard by its key while that code knows no ERC-1271, and is again once it borrows none", async () => {
    const { a } = world;
    await (await deliver()).delivered;
    await borrow(await a.relayers.getAddress());
    expect(await a.ethers.provider.getCode(key.address)).to.match(/^0xef0100/);
    const mute = await deliver();
    await expectRefusal(mute.delivered, a.grants, "AccessGrantsInvalidSignature", mute.requestId);

    await borrow(ZeroAddress);
    const heard = await deliver();
    await heard.delivered;
    expect((await a.grants.grant(heard.requestId)).state).to.equal(RequestState.Pending);
  });
});
