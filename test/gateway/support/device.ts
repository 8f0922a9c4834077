import type { DataOwner } from "@medexchain/actors";
import type { Hex32 } from "@medexchain/chain";
import type { GatewayClient } from "@medexchain/gateway";

/** A patient of the cast, with a gateway in the place of the firewall at hand. */
export function throughGateway(patient: DataOwner, client: GatewayClient): DataOwner {
  const device = {
    memberId: patient.memberId,
    chain: patient.chain,
    store: patient.store,
    tangle: patient.tangle,
    fragmentStore: patient.fragmentStore,
    firewall: client.firewall,
    requestKey: client.requestKey,
    scopeOf: (id: Hex32) => patient.scopeOf(id),
    channelAuthorOf: (id: Hex32) => patient.channelAuthorOf(id),
    fragmentKeyOf: (id: Hex32) => patient.fragmentKeyOf(id),
    recordSecretOf: (id: Hex32) => patient.recordSecretOf(id),
  };
  return device as unknown as DataOwner; // all of it that publication and approval use
}
