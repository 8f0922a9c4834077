import type { ErrorWords } from "./errors-en.ts";

const DAMAGED = "Etwas, das zu dieser Akte gehört, wurde verändert oder ist beschädigt. Sie wird so nicht geöffnet.";
const AGAIN = "Ein Dienst hat falsch oder unvollständig geantwortet. Versuchen Sie es noch einmal.";

export const errorsDe: ErrorWords = {
  UNFORESEEN: "Etwas Unvorhergesehenes ist geschehen. Versuchen Sie es noch einmal.",
  CONFIG_INVALID: "Die App ist für dieses Netz nicht richtig eingerichtet. Fragen Sie, wer sie betreibt.",
  INPUT_INVALID: "Das passt so nicht. Prüfen Sie Ihre Angabe.",
  NAME_UNKNOWN: "Unter diesem Namen ist hier nichts bekannt.",
  NAME_AMBIGUOUS: "Das kann mehreres sein. Geben Sie mehr davon an.",
  UNAUTHORIZED: "Diese Seite hat kein Recht dazu. Öffnen Sie die Adresse, die der Befehl ausgegeben hat.",
  // services
  SERVICE_UNREACHABLE:
    "Ein Dienst antwortet nicht. Nichts ist verloren: Es wird wieder versucht, und Begonnenes geht weiter.",
  SERVICE_PROTOCOL: AGAIN,
  HOSPITAL_UNREACHABLE: "Der Dienst des Krankenhauses antwortet nicht. Versuchen Sie es später noch einmal.",
  GATEWAY_CALL_INVALID: "Das Krankenhaus konnte die Anfrage dieses Geräts nicht lesen. Laden Sie die Seite neu.",
  GATEWAY_CALL_REFUSED: "Das Krankenhaus hat abgelehnt, was dieses Gerät von ihm wollte.",
  GATEWAY_CALL_ABANDONED: "Das Krankenhaus hat nicht rechtzeitig geantwortet. Versuchen Sie es noch einmal.",
  GATEWAY_BUSY: "Das Krankenhaus ist gerade überlastet. Versuchen Sie es in einigen Minuten noch einmal.",
  GATEWAY_INTERNAL: "Beim Krankenhaus ist etwas schiefgegangen. Versuchen Sie es später noch einmal.",
  // publishing
  RECORD_FORMAT: "Diese Datei kann so nicht gelesen werden.",
  POLICY_INVALID: "Was privat sein soll, ist nicht verständlich angegeben.",
  POLICY_SELECTS_NOTHING: "Was privat sein soll, kommt in dieser Datei nicht vor.",
  FEATURE_OUT_OF_RANGE: "Eine Zahl dieser Datei ist zu groß oder zu genau.",
  FEATURE_MISSING: "Dieser Teil kommt in der Akte nicht vor.",
  PRIVATE_VALUE_PUBLIC:
    "Ein privater Name, eine Nummer, eine Anschrift oder ein Geburtsdatum steht auch in dem, was öffentlich würde. Machen Sie auch diese Stelle privat.",
  FRAGMENT_INVALID: "Der private Teil dieser Akte ist hier nicht oder nicht unversehrt.",
  FIREWALL_RECORD_SEEN: "Die Firewall des Krankenhauses kennt diese Akte schon. Veröffentlichen Sie sie neu.",
  FIREWALL_OUTPUT_INVALID: "Die Firewall des Krankenhauses hat falsch gerechnet. Sagen Sie es dem Krankenhaus.",
  // approving and opening
  CAPSULE_INVALID: DAMAGED,
  RE_ENCRYPTION_INVALID: DAMAGED,
  SEALED_INVALID: DAMAGED,
  SEALED_REKEY_INVALID: DAMAGED,
  RECORD_REPLACED: "Von dieser Akte gibt es eine neuere Fassung. Fragen Sie nach ihr.",
  RELAYERS_CHANGED: "Die Relayer haben inzwischen gewechselt. Genehmigen Sie noch einmal.",
  RELAYERS_UNREADY: "Zu wenige Relayer sind bereit. Versuchen Sie es später noch einmal.",
  PARTIALS_MISSING: "Zu wenige Relayer haben ihren Teil abgelegt. Versuchen Sie es später noch einmal.",
  RECORD_UNKNOWN: "Diese Akte gibt es nicht.",
  RESPONSE_INVALID: "Die Antwort auf der Kette der Ärztin ist nicht, was die Kette der Patientin entschieden hat.",
  REQUEST_PENDING: "Über diese Anfrage ist noch nicht entschieden.",
  REQUEST_EXPIRED: "Diese Anfrage ist abgelaufen. Die Ärztin muss neu fragen.",
  REQUEST_UNKNOWN: "Diese Anfrage ist noch nicht angekommen. Versuchen Sie es gleich noch einmal.",
  REQUEST_ALREADY_GRANTED: "Diese Anfrage wurde schon genehmigt.",
  REQUEST_DENIED: "Diese Anfrage wurde abgelehnt oder zurückgenommen.",
  APPROVAL_ELSEWHERE: "Diese Genehmigung wurde auf einem anderen Gerät begonnen. Führen Sie sie dort zu Ende.",
  ACCESS_LIMIT_REACHED: "So oft, wie erlaubt ist, wurde schon zugegriffen.",
  PRE_REKEY_REFUSED: "Die Firewall des Krankenhauses hat die Genehmigung abgelehnt.",
  "PRE_*": DAMAGED,
  "BFV_*": DAMAGED,
  // storage and Tangle
  CONTENT_NOT_FOUND: "Ein verschlüsselter Teil ist gerade nicht zu finden. Versuchen Sie es später noch einmal.",
  CONTENT_MISMATCH: "Ein Speicher hat etwas anderes geliefert, als verlangt war. Versuchen Sie es noch einmal.",
  CONTENT_INVALID: DAMAGED,
  TANGLE_BLOCK_NOT_FOUND: "Ein verschlüsselter Teil ist gerade nicht zu finden. Versuchen Sie es später noch einmal.",
  TANGLE_CLIENT_FAILED: AGAIN,
  TANGLE_WORK_TOO_LONG: "Die Rechenarbeit für das Tangle dauert zu lange. Versuchen Sie es noch einmal.",
  TANGLE_PUBLICATION_PENDING: "Eine frühere Genehmigung ist noch nicht zu Ende. Genehmigen Sie noch einmal.",
  TANGLE_BLOCK_REFUSED:
    "Das Tangle hat einen verschlüsselten Teil nicht angenommen. Versuchen Sie es später noch einmal.",
  TANGLE_JOURNAL_INVALID: "Was hier von einer begonnenen Genehmigung verzeichnet ist, ist beschädigt.",
  "TANGLE_*": DAMAGED,
  // chains
  CHAIN_REVERTED: "Die Kette hat abgelehnt, was gesendet wurde.",
  CHAIN_MISMATCH: "Der Knoten gehört zu einer anderen Kette. Fragen Sie, wer die App betreibt.",
  CLOCKS_DIFFER: "Die Uhren gehen auseinander. Stellen Sie die Uhr dieses Geräts.",
  REQUEST_RATE_EXCEEDED: "Für diese Stunde sind es genug Anfragen. Versuchen Sie es später noch einmal.",
  LANE_PAUSED: "Der Weg zwischen den Ketten ist angehalten. Versuchen Sie es später noch einmal.",
  ACCOUNT_UNFUNDED: "Das Konto kann die Gebühr nicht bezahlen. Bitten Sie Ihr Krankenhaus, es aufzufüllen.",
  CERTIFICATE_INVALID: "Eine Bestätigung des Krankenhauses fehlt oder gilt nicht. Fragen Sie seinen Empfang.",
  TRANSACTION_PENDING:
    "Die Kette hat es noch nicht aufgenommen. Sehen Sie nach, was daraus wurde, bevor Sie es noch einmal versuchen.",
  // accounts
  DEVICE_LOCKED: "Die App ist gesperrt. Entsperren Sie das Konto, und beginnen Sie von vorn.",
  VAULT_EXISTS: "Ein Konto dieses Namens gibt es in diesem Browser schon; es wird nicht ersetzt.",
  VAULT_NOT_FOUND: "Ein Konto dieses Namens gibt es in diesem Browser nicht.",
  VAULT_PASSPHRASE_WRONG: "Die Passphrase öffnet das Konto nicht. Versuchen Sie eine andere.",
  VAULT_DAMAGED: "Die Datei ist beschädigt oder keine Sicherung.",
  VAULT_IN_USE: "Dieses Konto ist schon offen, oder Begonnenes läuft noch. Machen Sie dort weiter, oder warten Sie.",
  // auditors
  AUDIT_MISMATCH: "Was gelesen wurde, widerspricht sich oder gehört zu einer anderen Kette.",
  CHECKPOINT_MISSING: "Es gibt keinen Stand des Verzeichnisses, gegen den geprüft werden kann.",
  RECEIPT_INVALID: "Die Quittung gilt nicht.",
};
