/** A hospital's reverse firewall, behind HTTP for the hospital's members; the hospital behind that; and the members' side of it. */
export { connectGateway, type GatewayClient, type GatewayClientOptions } from "./client.ts";
export type { GatewayEvent } from "./desk.ts";
export { type HospitalLinkOptions, linkHospital } from "./hospital-client.ts";
export { type HospitalServiceOptions, startHospitalService } from "./hospital-server.ts";
export {
  acceptInvitation,
  type Invitation,
  type InvitationTerms,
  invite,
  requireGoodInvitation,
  requireOperators,
} from "./invitation.ts";
export { type IssuingHospital, issueHere } from "./issue.ts";
export type { HospitalHealth, IssuedCall, IssuedMethod, Issuer } from "./issuer.ts";
export {
  createMemberInvite,
  invitationOf,
  type MemberInvite,
  memberInviteSchema,
} from "./member-invite.ts";
export { readInviteFile } from "./read-invite-file.ts";
export type { Gateway } from "./serve-calls.ts";
export { type GatewayOptions, startGateway } from "./server.ts";
