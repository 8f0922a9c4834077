// Decrypts a BFV ciphertext by Lattigo: reads it with its parameters and its secret from standard input, and writes the plaintext polynomial.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"os"

	"github.com/tuneinsight/lattigo/v6/core/rlwe"
	"github.com/tuneinsight/lattigo/v6/schemes/bgv"
)

// question has polynomials in coefficients, prime by prime, as little-endian words of 8 bytes.
type question struct {
	LogN   int      `json:"logN"`
	Q      []string `json:"q"`
	T      string   `json:"t"`
	// Secret has small coefficients.
	Secret []int64 `json:"secret"`
	C0     []byte  `json:"c0"`
	C1     []byte  `json:"c1"`
}

func number(text string) uint64 {
	value, ok := new(big.Int).SetString(text, 10)
	if !ok || !value.IsUint64() {
		panic("not a number of 64 bits: " + text)
	}
	return value.Uint64()
}

func try[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	t := number(asked.T)
	q := make([]uint64, len(asked.Q))
	product := big.NewInt(1)
	for i, prime := range asked.Q {
		q[i] = number(prime)
		product.Mul(product, new(big.Int).SetUint64(q[i]))
	}
	parameters := try(bgv.NewParametersFromLiteral(bgv.ParametersLiteral{LogN: asked.LogN, Q: q, PlaintextModulus: t}))
	ring := parameters.RingQ()

	secret := rlwe.NewSecretKey(parameters)
	for row, prime := range q {
		for i, coefficient := range asked.Secret {
			if coefficient < 0 {
				coefficient += int64(prime)
			}
			secret.Value.Q.Coeffs[row][i] = uint64(coefficient)
		}
	}
	ring.NTT(secret.Value.Q, secret.Value.Q)
	ring.MForm(secret.Value.Q, secret.Value.Q)

	ciphertext := rlwe.NewCiphertext(parameters, 1, parameters.MaxLevel())
	for at, words := range [][]byte{asked.C0, asked.C1} {
		for row := range q {
			for i := range ciphertext.Value[at].Coeffs[row] {
				ciphertext.Value[at].Coeffs[row][i] = binary.LittleEndian.Uint64(words[8*(row*parameters.N()+i):])
			}
		}
		ring.NTT(ciphertext.Value[at], ciphertext.Value[at])
	}
	ciphertext.IsNTT = true
	ciphertext.IsBatched = false
	// BFV has the message m as q/t·m. Lattigo has it as m/t modulo q, which is the same for -(q mod t)·m: as if m were of that scale.
	modT := new(big.Int).SetUint64(t)
	scale := new(big.Int).Sub(modT, new(big.Int).Mod(product, modT))
	ciphertext.Scale = rlwe.NewScaleModT(scale.Uint64(), t)

	plaintext := rlwe.NewDecryptor(parameters, secret).DecryptNew(ciphertext)
	coefficients := make([]uint64, parameters.N())
	if err := bgv.NewEncoder(parameters).Decode(plaintext, coefficients); err != nil {
		panic(err)
	}
	bytes := make([]byte, 8*len(coefficients))
	for i, coefficient := range coefficients {
		binary.LittleEndian.PutUint64(bytes[8*i:], coefficient)
	}
	if _, err := os.Stdout.Write(bytes); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
