import { readFile } from "node:fs/promises";
import { ARTIFACTS, BUILD_INFO_FILE } from "@medexchain/contracts/artifacts";
import type { ArtifactResolver } from "@nomicfoundation/ignition-core";

/** Gives Ignition the artifacts that come with `@medexchain/contracts`: no Hardhat project is needed to deploy. */
export const artifactResolver: ArtifactResolver = {
  loadArtifact: async (name) => {
    if (!Object.hasOwn(ARTIFACTS, name)) throw new Error(`no artifact of ${name} in @medexchain/contracts`);
    return ARTIFACTS[name as keyof typeof ARTIFACTS]; // checked just above
  },
  getBuildInfo: async () => JSON.parse(await readFile(BUILD_INFO_FILE, "utf8")),
};
