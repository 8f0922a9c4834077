import type { Hex32 } from "@medexchain/chain";
import { keccak256, solidityPacked } from "ethers";

/**
 * How many relayers come before this one, and those with which it shares its work, in sending a step of a request. All relayers of a chain draw
 * the same order, from the request's id and the epoch of their set, so that each has as many first turns as any other, and nobody can choose
 * whose turn a request is without making another request of it.
 *
 * @param members addresses of the set, in lower case
 * @param ours of this relayer and of those that share its database
 * @returns 0 for whoever comes first; as many as there are members for one that is none
 */
export function placeOf(
  { requestId, epoch }: { readonly requestId: Hex32; readonly epoch: bigint },
  members: ReadonlySet<string>,
  ours: ReadonlySet<string>,
): number {
  const order = [...members].sort();
  let drawn = BigInt(keccak256(solidityPacked(["bytes32", "uint256"], [requestId, epoch])));
  // Fisher and Yates. 256 bits order some fifty relayers evenly; where there are more, the last are not moved, by anybody.
  for (let left = order.length; left > 1; left -= 1) {
    const at = Number(drawn % BigInt(left));
    drawn /= BigInt(left);
    const [chosen, last] = [order[at], order[left - 1]];
    if (chosen === undefined || last === undefined) throw new RangeError("an order has all its places");
    order[at] = last;
    order[left - 1] = chosen;
  }
  order.reverse(); // the last place was drawn first, from all bits
  const place = order.findIndex((member) => ours.has(member));
  return place < 0 ? order.length : place;
}
