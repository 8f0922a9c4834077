// Writes test/vectors/merkle.json and test/vectors/notes.json: what Go's own implementations make of the same leaves and keys.
//
// golang.org/x/mod/sumdb/tlog is the transparency log of the Go checksum database (RFC 6962), golang.org/x/mod/sumdb/note its signed
// notes, github.com/transparency-dev/formats/note the cosignatures of witnesses (C2SP tlog-cosignature). Run it in a folder of its own:
//
//	go mod init vectors && cp .../test/vectors/write-merkle.go . && go mod tidy && go run write-merkle.go <folder>
//
// The time of a cosignature is the time at which this runs; all else is the same each time.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const largest = 100

type inclusion struct {
	Size  int64    `json:"size"`
	Index int64    `json:"index"`
	Proof []string `json:"proof"`
}

type consistency struct {
	First  int64    `json:"first"`
	Second int64    `json:"second"`
	Proof  []string `json:"proof"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func hexOf(hashes []tlog.Hash) []string {
	list := []string{}
	for _, hash := range hashes {
		list = append(list, hex.EncodeToString(hash[:]))
	}
	return list
}

func merkle() any {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			list[i] = stored[index]
		}
		return list, nil
	})
	roots := []string{}
	inclusions := []inclusion{}
	consistencies := []consistency{}
	for size := int64(0); size <= largest; size++ {
		root := must(tlog.TreeHash(size, reader))
		roots = append(roots, hex.EncodeToString(root[:]))
		if size >= 1 && (size <= 9 || size == largest) {
			for index := int64(0); index < size; index += 1 + size/10 {
				inclusions = append(inclusions, inclusion{size, index, hexOf(must(tlog.ProveRecord(size, index, reader)))})
			}
			for first := int64(1); first < size; first += 1 + size/20 {
				consistencies = append(consistencies, consistency{first, size, hexOf(must(tlog.ProveTree(size, first, reader)))})
			}
		}
		leaf := binary.BigEndian.AppendUint32(nil, uint32(size))
		stored = append(stored, must(tlog.StoredHashes(size, leaf, reader))...)
	}
	return map[string]any{
		"about":         "golang.org/x/mod v0.43.0, sumdb/tlog; leaf i is the number i in four bytes, big-endian; see write-merkle.go",
		"roots":         roots,
		"inclusions":    inclusions,
		"consistencies": consistencies,
	}
}

func notes() any {
	seed := sha256.Sum256([]byte("MedExChain test vector"))
	signerKey, verifierKey, err := note.GenerateKey(bytes.NewReader(seed[:]), "witness.example/medexchain")
	if err != nil {
		panic(err)
	}
	text := "medexchain/31337/0x5fbdb2315678afecb367f032d93f642f64180aa3\n3\n" + base64.StdEncoding.EncodeToString(seed[:]) + "\n"
	signed := must(note.Sign(&note.Note{Text: text}, must(note.NewSigner(signerKey))))
	cosigner := must(fnote.NewSignerForCosignatureV1(signerKey))
	cosigned := must(note.Sign(&note.Note{Text: text}, cosigner))
	return map[string]any{
		"about":         "golang.org/x/mod v0.43.0, sumdb/note, and github.com/transparency-dev/formats v0.1.1, note; see write-merkle.go",
		"seed":          hex.EncodeToString(seed[:]),
		"signerKey":     signerKey,
		"verifierKey":   verifierKey,
		"cosignerKey":   must(fnote.VKeyToCosignatureV1(verifierKey)),
		"text":          text,
		"signed":        string(signed),
		"cosigned":      string(cosigned),
	}
}

func write(name string, value any) {
	text := must(json.MarshalIndent(value, "", "  "))
	if err := os.WriteFile(filepath.Join(os.Args[1], name), append(text, '\n'), 0o644); err != nil {
		panic(err)
	}
}

func main() {
	write("merkle.json", merkle())
	write("notes.json", notes())
}
