/** The standard generators (draft-irtf-cfrg-pairing-friendly-curves §4.2.1), ZCash compressed. */

import { checkG1, checkG2, type G1Bytes, type G2Bytes } from "@medexchain/pre";
import { hexToBytes } from "@noble/hashes/utils.js";

const G1_GENERATOR = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const G2_GENERATOR =
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

/** Both, as bytes. The curve must be loaded. */
export function generators(): { g1: G1Bytes; g2: G2Bytes } {
  return { g1: checkG1(hexToBytes(G1_GENERATOR), "g1"), g2: checkG2(hexToBytes(G2_GENERATOR), "g2") };
}
