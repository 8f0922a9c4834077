/** The schema's history, oldest first. Append; a released migration is never changed. One statement per string. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    name: "pipeline",
    statements: [
      // Watching continues after block_number; both sequences are those at that block.
      `CREATE TABLE relayer.cursors (
        chain_id bigint PRIMARY KEY,
        block_number bigint NOT NULL,
        block_hash text NOT NULL,
        requests_sequence bigint NOT NULL,
        grants_sequence bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE TABLE relayer.events (
        chain_id bigint NOT NULL,
        outbox text NOT NULL CHECK (outbox IN ('requests', 'grants')),
        sequence bigint NOT NULL CHECK (sequence > 0),
        kind text NOT NULL,
        request_id text NOT NULL,
        payload jsonb NOT NULL,
        block_number bigint NOT NULL,
        block_hash text NOT NULL,
        transaction_hash text NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_id, outbox, sequence)
      )`,
      `CREATE INDEX events_request ON relayer.events (request_id)`,
      // What the sweep needs to know of each request. An end is one that was read from that chain.
      `CREATE TABLE relayer.requests (
        request_id text PRIMARY KEY,
        source_chain_id bigint NOT NULL,
        destination_chain_id bigint NOT NULL,
        expiry bigint NOT NULL,
        source_ended boolean NOT NULL DEFAULT false,
        destination_ended boolean NOT NULL DEFAULT false
      )`,
      `CREATE INDEX requests_open ON relayer.requests (expiry) WHERE NOT (source_ended AND destination_ended)`,
      `CREATE TABLE relayer.jobs (
        key text PRIMARY KEY,
        kind text NOT NULL,
        chain_id bigint NOT NULL,
        request_id text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'parked')),
        outcome text,
        attempts integer NOT NULL DEFAULT 0,
        code text,
        reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE INDEX jobs_request ON relayer.jobs (request_id)`,
      `CREATE INDEX jobs_pending ON relayer.jobs (created_at) WHERE state = 'pending'`,
      `CREATE TABLE relayer.transactions (
        chain_id bigint NOT NULL,
        hash text NOT NULL,
        account text NOT NULL,
        nonce bigint NOT NULL,
        raw text NOT NULL,
        action text NOT NULL,
        request_id text NOT NULL,
        state text NOT NULL DEFAULT 'pending'
          CHECK (state IN ('pending', 'confirmed', 'reverted', 'replaced', 'refused')),
        block_number bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_id, hash)
      )`,
      // Two live transactions under one nonce would be the submitter's own contradiction.
      `CREATE UNIQUE INDEX transactions_nonce ON relayer.transactions (chain_id, account, nonce)
        WHERE state IN ('pending', 'confirmed', 'reverted')`,
      `CREATE INDEX transactions_request ON relayer.transactions (request_id)`,
    ],
  },
];
