/** A hospital's key issuing and reverse firewall, behind HTTP for its own members; and the members' side of it. */
export { connectGateway, type GatewayClient, type GatewayClientOptions } from "./client.ts";
export { type Gateway, type GatewayEvent, type GatewayOptions, startGateway } from "./server.ts";
