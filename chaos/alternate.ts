/** Where a seed's relayers have their database, and how many they are. */
export interface Setting {
  readonly onServer: boolean;
  /** Drawn from the seed where it is absent. */
  readonly relayers?: number;
}

/** Every second seed on the database server, with two relayers or three; the others on embedded databases, as drawn. */
export function alternate(seed: number): Setting {
  return seed % 2 === 0 ? { onServer: true, relayers: seed % 4 === 0 ? 3 : 2 } : { onServer: false };
}
