import { backendServices, connectFhirServer } from "@medexchain/fhir";
import { expect } from "chai";
import { exportJWK, generateKeyPair, type JWK, jwtVerify } from "jose";
import { type Answer, failsWith, patient, searchset, startFhir } from "./support.ts";

const CLIENT = "medex-client";

/** A FHIR server with its authorization server, which checks assertions as SMART says. */
async function startSmart(token: (count: number) => Answer, isGood: (authorization: string | undefined) => boolean) {
  const { publicKey, privateKey } = await generateKeyPair("ES384", { extractable: true });
  const assertions: { jti?: string | undefined; lifetime: number }[] = [];
  const server = await startFhir(async (request, body) => {
    const url = `http://${request.headers.host}`;
    if (request.url === "/.well-known/smart-configuration") return { body: { token_endpoint: `${url}/token` } };
    if (request.url !== "/token") {
      return isGood(request.headers.authorization) ? { body: searchset([patient]) } : { status: 401 };
    }
    const form = new URLSearchParams(body);
    const { payload, protectedHeader } = await jwtVerify(form.get("client_assertion") ?? "", publicKey, {
      audience: `${url}/token`,
      issuer: CLIENT,
      subject: CLIENT,
      requiredClaims: ["exp", "jti"],
    });
    expect(protectedHeader).to.deep.equal({ alg: "ES384", kid: "key-1", typ: "JWT" });
    expect(form.get("grant_type")).to.equal("client_credentials");
    assertions.push({ jti: payload.jti, lifetime: (payload.exp ?? 0) - (payload.iat ?? 0) });
    return token(assertions.length);
  });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: "key-1" };
  return { ...server, [Symbol.asyncDispose]: server[Symbol.asyncDispose], jwk, assertions };
}

const granted = (access_token: string, expires_in: number): Answer => ({
  body: { access_token, token_type: "bearer", expires_in },
});

describe("SMART Backend Services", () => {
  it("sends one token with each call until it is about to end, and then another", async () => {
    // Ten seconds are kept back: a token of eleven is good for one.
    await using server = await startSmart((count) => granted(`t${count}`, count === 1 ? 300 : 11), Boolean);
    const authorizer = await backendServices({ fhirUrl: server.url, clientId: CLIENT, privateKey: server.jwk });
    const both = await Promise.all([authorizer.authorization(), authorizer.authorization()]);
    expect(both).to.deep.equal(["Bearer t1", "Bearer t1"]);
    authorizer.renew();
    expect(await authorizer.authorization()).to.equal("Bearer t2");
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await authorizer.authorization()).to.equal("Bearer t3");
    expect(new Set(server.assertions.map(({ jti }) => jti)).size).to.equal(3);
    for (const { lifetime } of server.assertions) expect(lifetime).to.be.within(1, 300);
  });

  it("asks for another token once when the server no longer takes the one it gave", async () => {
    await using server = await startSmart(
      (count) => granted(`t${count}`, 300),
      (token) => token === "Bearer t2",
    );
    const authorizer = await backendServices({ fhirUrl: server.url, clientId: CLIENT, privateKey: server.jwk });
    const { status } = await connectFhirServer({ url: server.url, authorizer }).call("Patient/p1");
    expect([status, server.assertions.length]).to.deep.equal([200, 2]);
  });

  it("gives up where no token is taken", async () => {
    await using server = await startSmart(
      (count) => granted(`t${count}`, 300),
      () => false,
    );
    const authorizer = await backendServices({ fhirUrl: server.url, clientId: CLIENT, privateKey: server.jwk });
    await failsWith("FHIR_REFUSED", () => connectFhirServer({ url: server.url, authorizer }).call("Patient/p1"));
    expect(server.assertions).to.have.length(2);
  });

  const answers: [string, Answer, "FHIR_REFUSED" | "SERVICE_PROTOCOL"][] = [
    ["refuses the client", { status: 400, body: { error: "invalid_client" } }, "FHIR_REFUSED"],
    ["gives a token of another kind", { body: { access_token: "secret", token_type: "mac" } }, "SERVICE_PROTOCOL"],
    [
      "gives a token with a line break",
      { body: { access_token: "a\nb: c", token_type: "bearer" } },
      "SERVICE_PROTOCOL",
    ],
    ["answers with no JSON", { body: "secret" }, "SERVICE_PROTOCOL"],
  ];
  for (const [name, answer, code] of answers) {
    it(`ends in an error without the token where the server ${name}`, async () => {
      await using server = await startSmart(() => answer, Boolean);
      const authorizer = await backendServices({ fhirUrl: server.url, clientId: CLIENT, privateKey: server.jwk });
      const error = await failsWith(code, () => authorizer.authorization());
      expect(`${error.message} ${String(error.cause)}`).not.to.include("secret");
    });
  }

  it("refuses a token endpoint that would be spoken to in the clear", async () => {
    await using server = await startFhir(() => ({ body: { token_endpoint: "http://elsewhere.example.org/token" } }));
    const { privateKey } = await generateKeyPair("ES384", { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: "key-1" };
    const authorizer = await backendServices({ fhirUrl: server.url, clientId: CLIENT, privateKey: jwk });
    await failsWith("CONFIG_INVALID", () => authorizer.authorization());
  });

  it("has another server give no token that would go to this one, unless its address is given", async () => {
    await using other = await startSmart(() => granted("others", 300), Boolean);
    const authorized: (string | undefined)[] = [];
    await using server = await startFhir(({ headers, url }) => {
      authorized.push(headers.authorization);
      if (url !== "/.well-known/smart-configuration") return { body: searchset([patient]) };
      return { body: { token_endpoint: `${other.url}/token` } };
    });
    const options = { fhirUrl: server.url, clientId: CLIENT, privateKey: other.jwk };
    const connected = connectFhirServer({ url: server.url, authorizer: await backendServices(options) });
    const { message } = await failsWith("CONFIG_INVALID", () => connected.call("Patient/p1"));
    expect(message).to.include(other.url).and.include("--token-url");
    expect([other.assertions, authorized]).to.deep.equal([[], [undefined]]);
    const told = await backendServices({ ...options, tokenUrl: `${other.url}/token` });
    expect(await told.authorization()).to.equal("Bearer others");
  });

  it("takes no key but a private one on P-384 or of RSA, with its id", async () => {
    const make = async (alg: string, change: (jwk: JWK) => JWK) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return change({ ...(await exportJWK(privateKey)), kid: "key-1" });
    };
    const { d: _d, ...open } = await make("ES384", (jwk) => jwk);
    const { kid: _kid, ...nameless } = await make("ES384", (jwk) => jwk);
    const short = await make("ES256", (jwk) => jwk);
    for (const privateKey of [open, nameless, short]) {
      await failsWith("CONFIG_INVALID", () => backendServices({ fhirUrl: "https://x", clientId: CLIENT, privateKey }));
    }
  });
});
