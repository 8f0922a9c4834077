import { readFileSync } from "node:fs";
import {
  decryptFragment,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  type PlainFeature,
  PROFILE_NAMES,
} from "@medexchain/bfv";
import {
  assemble,
  describeFragment,
  type Fragment,
  type Head,
  parseFhir,
  parsePolicy,
  selectPrivate,
  splitDocument,
} from "@medexchain/sfe";
import { assert } from "chai";

const read = (file: string): Buffer => readFileSync(new URL(`../../../examples/${file}`, import.meta.url));

function plainFeatures(head: Head, fragment: Fragment): PlainFeature[] {
  return describeFragment(head, fragment).map(({ measure, ...f }) => ({ ...f, ...(measure && { numeric: {} }) }));
}

describe("the example record", () => {
  const bytes = new Uint8Array(read("patient-record.json"));

  it("has the 13 heart-disease attributes, and references that resolve", () => {
    const bundle = JSON.parse(read("patient-record.json").toString());
    const texts = bundle.entry.map((e: { resource: { code?: { text: string } } }) => e.resource.code?.text);
    assert.includeMembers(texts, [
      ...["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg"],
      ...["thalach", "exang", "oldpeak", "slope", "ca", "thal"],
    ]);
    const urls = new Set(bundle.entry.map((e: { fullUrl: string }) => e.fullUrl));
    assert.equal(urls.size, bundle.entry.length);
    for (const { resource } of bundle.entry.slice(1)) assert.isTrue(urls.has(resource.subject.reference));
  });

  for (const profile of PROFILE_NAMES) {
    it(`${profile}: is split, encrypted both ways, decrypted and put together byte for byte`, async () => {
      const document = parseFhir(bytes);
      const policy = parsePolicy(read("policy.json").toString());
      const { head, publicFragment, privateFragment } = splitDocument(
        document,
        selectPrivate(document, policy.private),
      );
      const { publicKey, secretKey } = await generateKeys(profile);
      const epuf = await encryptFragmentSymmetric(profile, secretKey, plainFeatures(head, publicFragment));
      const eprf = await encryptFragment(profile, publicKey, plainFeatures(head, privateFragment));
      const fragments = await Promise.all([epuf, eprf].map((file) => decryptFragment(profile, secretKey, file)));
      assert.deepEqual(
        assemble(
          head,
          fragments.map((features) => ({ features })),
        ),
        bytes,
      );
      assert.lengthOf(
        fragments[1]!.filter((f) => f.numeric),
        14,
      );
    });
  }
});
