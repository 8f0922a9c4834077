/** A hospital's key issuing and reverse firewall, behind HTTP for its own members; and the members' side of it. */
export { connectGateway, type GatewayClient, type GatewayClientOptions } from "./client.ts";
export type { GatewayEvent } from "./desk.ts";
export { type Gateway, type GatewayOptions, startGateway } from "./server.ts";
