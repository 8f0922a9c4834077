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
  {
    name: "several relayers and batches",
    statements: [
      // One transaction may carry the steps of many requests.
      `CREATE TABLE relayer.transaction_steps (
        chain_id bigint NOT NULL,
        hash text NOT NULL,
        position integer NOT NULL,
        request_id text NOT NULL,
        PRIMARY KEY (chain_id, hash, position)
      )`,
      `INSERT INTO relayer.transaction_steps (chain_id, hash, position, request_id)
        SELECT chain_id, hash, 0, request_id FROM relayer.transactions`,
      `CREATE INDEX transaction_steps_request ON relayer.transaction_steps (request_id)`,
      `ALTER TABLE relayer.transactions DROP COLUMN request_id`,
      // superseded: a later one with the same nonce and the same call was sent; either may be mined.
      `ALTER TABLE relayer.transactions DROP CONSTRAINT transactions_state_check`,
      `ALTER TABLE relayer.transactions ADD CONSTRAINT transactions_state_check
        CHECK (state IN ('pending', 'superseded', 'confirmed', 'reverted', 'replaced', 'refused'))`,
      // held: its lane is paused; it goes on when the lane is resumed.
      `ALTER TABLE relayer.jobs DROP CONSTRAINT jobs_state_check`,
      `ALTER TABLE relayer.jobs ADD CONSTRAINT jobs_state_check CHECK (state IN ('pending', 'held', 'done', 'parked'))`,
      `CREATE INDEX jobs_held ON relayer.jobs (created_at) WHERE state = 'held'`,
      // Since when its deadline counts: its making, or its last retry by hand.
      `ALTER TABLE relayer.jobs ADD COLUMN due_from timestamptz NOT NULL DEFAULT now()`,
      // Where a cursor has been: a reorganisation is rolled back to the last of them that is still part of the chain.
      `CREATE TABLE relayer.positions (
        chain_id bigint NOT NULL,
        block_number bigint NOT NULL,
        block_hash text NOT NULL,
        requests_sequence bigint NOT NULL,
        grants_sequence bigint NOT NULL,
        PRIMARY KEY (chain_id, block_number)
      )`,
      `CREATE TABLE relayer.attestations (
        chain_id bigint NOT NULL,
        digest text NOT NULL,
        relayer text NOT NULL,
        request_id text NOT NULL,
        signature text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_id, digest, relayer)
      )`,
      `CREATE INDEX attestations_request ON relayer.attestations (request_id)`,
      // A lane that its operator has paused, from a requester's chain to an owner's; both ways of a request.
      `CREATE TABLE relayer.paused_lanes (
        source_chain_id bigint NOT NULL,
        destination_chain_id bigint NOT NULL,
        paused_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source_chain_id, destination_chain_id)
      )`,
      // Relayers that use this database, and up to where each side's requests are known to have ended.
      `CREATE TABLE relayer.relayers (account text PRIMARY KEY, seen_at timestamptz NOT NULL DEFAULT now())`,
      `CREATE TABLE relayer.reconciled (
        chain_id bigint NOT NULL,
        side text NOT NULL CHECK (side IN ('source', 'destination')),
        floor bigint NOT NULL,
        PRIMARY KEY (chain_id, side)
      )`,
    ],
  },
  {
    name: "abandoned transactions",
    statements: [
      // abandoned: its account is not run any more. It is still looked for when the account is run again.
      `ALTER TABLE relayer.transactions DROP CONSTRAINT transactions_state_check`,
      `ALTER TABLE relayer.transactions ADD CONSTRAINT transactions_state_check
        CHECK (state IN ('pending', 'superseded', 'confirmed', 'reverted', 'replaced', 'refused', 'abandoned'))`,
      `ALTER TABLE relayer.transactions ADD COLUMN reason text`,
    ],
  },
  {
    name: "who parked",
    statements: [
      `ALTER TABLE relayer.jobs ADD COLUMN parked_by text CHECK (parked_by IN ('refusal', 'poison', 'crash', 'person'))`,
      // A contract's refusal, when it was first seen, and the head of the chain then: {name, block, at}.
      `ALTER TABLE relayer.jobs ADD COLUMN refusal jsonb`,
      // Until now what was final at the first attempt, and what had used up its attempts, was parked alike: only poison is known to be.
      `UPDATE relayer.jobs SET parked_by = CASE
          WHEN code = 'JOB_PARKED' THEN 'person'
          WHEN code IN ('SEALED_REKEY_INVALID', 'CAPSULE_INVALID') THEN 'poison' ELSE 'refusal' END
        WHERE state = 'parked'`,
    ],
  },
  {
    name: "retention",
    statements: [
      // What is open is counted and looked for often, and is little beside what is done.
      `CREATE INDEX jobs_open ON relayer.jobs (state, kind, code) WHERE state <> 'done'`,
      `CREATE INDEX jobs_done ON relayer.jobs (updated_at) WHERE state = 'done'`,
      // What has left the tables since the beginning.
      `CREATE TABLE relayer.removed (
        what text PRIMARY KEY,
        count bigint NOT NULL,
        since timestamptz NOT NULL DEFAULT now()
      )`,
      `ALTER TABLE relayer.requests ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()`,
    ],
  },
  {
    name: "crashes and senders",
    statements: [
      // The run that is at a job, and how many runs have died at it.
      `ALTER TABLE relayer.jobs ADD COLUMN running_by text`,
      `ALTER TABLE relayer.jobs ADD COLUMN crashes integer NOT NULL DEFAULT 0`,
      // Whose content a job works on: jobs of one sender share the places that one sender may have.
      `ALTER TABLE relayer.jobs ADD COLUMN sender text`,
      // Its run that lives now, as long as seen_at is recent.
      `ALTER TABLE relayer.relayers ADD COLUMN run text`,
    ],
  },
  {
    name: "hospitals of senders",
    statements: [
      // The sender's hospital: its members share what one hospital may have.
      `ALTER TABLE relayer.jobs ADD COLUMN hospital text`,
      `CREATE INDEX jobs_waiting ON relayer.jobs (hospital, sender) WHERE state = 'pending'`,
    ],
  },
  {
    name: "epochs of attestations",
    // What was attested before there were epochs counts no longer.
    statements: [`ALTER TABLE relayer.attestations ADD COLUMN epoch bigint NOT NULL DEFAULT -1`],
  },
  {
    name: "one word in an epoch",
    statements: [
      // What each relayer has said of each subject in each epoch: it never says another thing of it in the same.
      `CREATE TABLE relayer.statements (
        chain_id bigint NOT NULL,
        relayer text NOT NULL,
        subject text NOT NULL,
        epoch bigint NOT NULL,
        content text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_id, relayer, subject, epoch)
      )`,
      // Up to which block each requester's chain's answers were compared with those of the owners' chains.
      `CREATE TABLE relayer.compared (chain_id bigint PRIMARY KEY, block_number bigint NOT NULL)`,
    ],
  },
  {
    name: "waiting jobs by hospital",
    statements: [
      // As `countWaiting` asks: by what a hospital is where it is not known, too. The index before this one could only be read whole.
      `DROP INDEX relayer.jobs_waiting`,
      `CREATE INDEX jobs_waiting ON relayer.jobs (coalesce(hospital, ''), sender) WHERE state = 'pending'`,
    ],
  },
  {
    name: "shares of aggregates",
    // By a relayer's BLS key, beside its signature; null where it gives none.
    statements: [`ALTER TABLE relayer.attestations ADD COLUMN share text`],
  },
  {
    name: "leases",
    statements: [
      // Who does alone, of all that use this database, what need be done once. The token grows with each new holder: what a former one still
      // wants to write is refused by it. asked_at: another would have it, as it has fewer.
      `CREATE TABLE relayer.leases (
        name text PRIMARY KEY,
        holder text NOT NULL,
        account text NOT NULL,
        token bigint NOT NULL DEFAULT 1,
        expires_at timestamptz NOT NULL,
        asked_at timestamptz
      )`,
    ],
  },
  {
    name: "evidence of equivocations",
    statements: [
      // What a relayer is reported with; the id stands in the place of a request's, as in its job.
      `CREATE TABLE relayer.equivocations (
        chain_id bigint NOT NULL,
        request_id text NOT NULL,
        evidence text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_id, request_id)
      )`,
    ],
  },
  {
    name: "one table of jobs",
    statements: [
      // Until now pg-boss said when a job's next attempt was due, and to whom.
      "DROP SCHEMA IF EXISTS pgboss CASCADE",
      // Where a job waits: in its lane until its first failure, then with its kind, where every relayer looks.
      "ALTER TABLE relayer.jobs ADD COLUMN queue text",
      "UPDATE relayer.jobs SET queue = kind",
      "ALTER TABLE relayer.jobs ALTER COLUMN queue SET NOT NULL",
      // Not to be attempted before.
      "ALTER TABLE relayer.jobs ADD COLUMN due_at timestamptz NOT NULL DEFAULT now()",
      // Lower where more of its sender's and its hospital's waited before it.
      "ALTER TABLE relayer.jobs ADD COLUMN priority integer NOT NULL DEFAULT 0",
      // Failures in a row, which the pause before the next attempt grows with.
      "ALTER TABLE relayer.jobs ADD COLUMN failures integer NOT NULL DEFAULT 0",
      // In the order in which they are taken: what processes died at comes last.
      `CREATE INDEX jobs_due ON relayer.jobs (queue, (crashes > 0), priority DESC, created_at)
        WHERE state = 'pending' AND running_by IS NULL`,
      "DROP INDEX relayer.jobs_pending",
    ],
  },
];
