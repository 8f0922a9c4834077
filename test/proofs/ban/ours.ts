/**
 * The protocol as it is built (docs/protocol.md), idealised. `MQ` is what the record's keys derive from, M and Q together. What is signed is signed by a
 * member's account, in EIP-712 or as a transaction; either chain shows it to everyone. A request's id binds all of the request, its nonce
 * among it, and is part of whatever answers it. The digest of the sealed key, which the owner signs, commits to each relayer's partial: a relayer
 * says nothing that anybody has to believe.
 */
import type { IdealProtocol } from "./protocol.ts";
import { all, atom, believes, controls, fresh, keyOf, sealed, sees, shared, signed } from "./statement.ts";

const SECRET = shared("DU", "DO", "MQ");
const REQUEST_ID = all(atom("record"), atom("N1"), atom("T1"));
const OWNER_KEY = keyOf("k_DO", "DO");
const REQUESTER_KEY = keyOf("k_DU", "DU");
/** X-Wing's, to which Q is sealed; (H1(ID), V), to which X is, is certified with it. */
const OPENING_KEY = keyOf("x_DU", "DU");
const PARTIALS = atom("h_1 … h_n");

export const OURS: IdealProtocol = {
  name: "ours",
  messages: [
    // Certificates: a hospital's operator signs a member's account and the digest of its keys, with a serial and an expiry.
    { name: "certificate of DO", from: "HA", to: "DU", content: signed(all(OWNER_KEY, atom("serial_DO")), "k_HA") },
    {
      name: "certificate of DU",
      from: "HB",
      to: "DO",
      content: signed(all(REQUESTER_KEY, OPENING_KEY, atom("serial_DU")), "k_HB"),
    },
    { name: "M1", from: "DU", to: "DO", content: signed(REQUEST_ID, "k_DU") },
    // M2, with the sealed key and the private features' block; DU reads it on chain A, where M5 and M6 lead.
    {
      name: "M2",
      from: "DO",
      to: "DU",
      content: signed(all(REQUEST_ID, PARTIALS, sealed(atom("Q"), "x_DU"), atom("EPRF"), SECRET), "k_DO"),
    },
    // M4: whoever re-encrypts; found by the digest.
    { name: "partials", from: "R", to: "DU", content: all(atom("P_1"), atom("P_2")) },
    // M8: DU opened what the answer's digest stands for: request, decision, record, sealed key and private features.
    { name: "M8", from: "DU", to: "DO", content: signed(all(atom("answer"), SECRET), "k_DU") },
  ],
  assumptions: {
    "DU knows k_HA": believes("DU", keyOf("k_HA", "HA")),
    "DO knows k_HB": believes("DO", keyOf("k_HB", "HB")),
    "DU made x_DU": believes("DU", OPENING_KEY),
    "DU trusts HA for k_DO": believes("DU", controls("HA", OWNER_KEY)),
    "DO trusts HB for k_DU": believes("DO", controls("HB", REQUESTER_KEY)),
    "DO trusts HB for x_DU": believes("DO", controls("HB", OPENING_KEY)),
    "DU: serial_DO is the newest": believes("DU", fresh(atom("serial_DO"))),
    "DO: serial_DU is the newest": believes("DO", fresh(atom("serial_DU"))),
    "DU: N1 fresh": believes("DU", fresh(atom("N1"))),
    "DO: N1 fresh": believes("DO", fresh(atom("N1"))),
    "DO: the answer is to its own approval": believes("DO", fresh(atom("answer"))),
    "DU trusts DO for MQ": believes("DU", controls("DO", SECRET)),
    "DO trusts DU for MQ": believes("DO", controls("DU", SECRET)),
  },
  goals: {
    "DO knows who asks": believes("DO", believes("DU", REQUEST_ID)),
    "DO seals to DU's key": believes("DO", OPENING_KEY),
    "DU sees Q": sees("DU", atom("Q")),
    "DU sees the partials": sees("DU", atom("P_1")),
    "DU knows which partials": believes("DU", believes("DO", PARTIALS)),
    G1: believes("DU", believes("DO", SECRET)),
    G2: believes("DU", SECRET),
    G3: believes("DO", believes("DU", SECRET)),
    G4: believes("DO", SECRET),
  },
};
