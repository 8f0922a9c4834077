import { type FragmentDecryptor, openDecryptor, type ProfileName } from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";

/**
 * Opens a decryptor of an owner's private fragment: under its own key or, where it was published before fragments had one, under the
 * record's. Which, its first file shows.
 *
 * @param key of the fragment, see `Owner.fragmentKeyOf`, 32 bytes
 * @param recordKey `PR_k`, 32 bytes
 */
export async function openOwnFragment(
  profile: ProfileName,
  key: Uint8Array,
  recordKey: Uint8Array,
): Promise<FragmentDecryptor> {
  using stack = new DisposableStack();
  const own = stack.use(await openDecryptor(profile, key));
  const older = stack.use(await openDecryptor(profile, recordKey));
  const owned = stack.move();
  let chosen: FragmentDecryptor | undefined;
  return {
    decrypt(file) {
      if (chosen !== undefined) return chosen.decrypt(file);
      try {
        const features = own.decrypt(file);
        chosen = own;
        return features;
      } catch (error) {
        if (!MedexError.is(error, "FRAGMENT_INVALID")) throw error;
        const features = older.decrypt(file);
        chosen = older;
        return features;
      }
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}
