// Times the steps of a joint BFV key and a sum under it by Lattigo: reads the parameters from standard input, and writes medians in milliseconds.
// Each step does what ours does of encryption alone: Lattigo's protocols have no signatures, digests, masks or noise for a study's ε.
package main

import (
	"encoding/json"
	"math"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/tuneinsight/lattigo/v6/core/rlwe"
	"github.com/tuneinsight/lattigo/v6/multiparty"
	"github.com/tuneinsight/lattigo/v6/ring"
	"github.com/tuneinsight/lattigo/v6/schemes/bgv"
	"github.com/tuneinsight/lattigo/v6/utils/sampling"
)

type question struct {
	LogN         int      `json:"logN"`
	Q            []string `json:"q"`
	T            string   `json:"t"`
	SmudgingBits int      `json:"smudgingBits"`
	// Ciphertexts of the sum.
	Inputs int `json:"inputs"`
	Rounds int `json:"rounds"`
}

const holders = 2

func try[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var asked question
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	number := func(text string) uint64 { return try(strconv.ParseUint(text, 10, 64)) }
	q := make([]uint64, len(asked.Q))
	for i, prime := range asked.Q {
		q[i] = number(prime)
	}
	t := number(asked.T)
	parameters := try(bgv.NewParametersFromLiteral(bgv.ParametersLiteral{LogN: asked.LogN, Q: q, PlaintextModulus: t}))
	sigma := math.Exp2(float64(asked.SmudgingBits))
	smudging := ring.DiscreteGaussian{Sigma: sigma, Bound: 6 * sigma}

	medians := map[string]float64{}
	measure := func(step string, work func()) {
		work()
		taken := make([]float64, asked.Rounds)
		for i := range taken {
			started := time.Now()
			work()
			taken[i] = float64(time.Since(started).Nanoseconds()) / 1e6
		}
		sort.Float64s(taken)
		medians[step] = taken[len(taken)/2]
	}

	common := try(sampling.NewPRNG())
	keys := multiparty.NewPublicKeyGenProtocol(parameters)
	point := keys.SampleCRP(common)
	generator := rlwe.NewKeyGenerator(parameters)
	secrets := make([]*rlwe.SecretKey, holders)
	shares := make([]multiparty.PublicKeyGenShare, holders)
	for i := range secrets {
		secrets[i] = generator.GenSecretKeyNew()
		shares[i] = keys.AllocateShare()
		keys.GenShare(secrets[i], point, &shares[i])
	}
	measure("key share", func() {
		secret := generator.GenSecretKeyNew()
		share := keys.AllocateShare()
		keys.GenShare(secret, point, &share)
	})
	joint := rlwe.NewPublicKey(parameters)
	measure("joint key", func() {
		sum := keys.AllocateShare()
		keys.AggregateShares(shares[0], shares[1], &sum)
		keys.GenPublicKey(sum, point, joint)
	})

	encoder := bgv.NewEncoder(parameters)
	encryptor := rlwe.NewEncryptor(parameters, joint)
	values := make([]uint64, parameters.N())
	for i := range values {
		values[i] = uint64(i) % 170
	}
	encrypt := func() []byte {
		plaintext := bgv.NewPlaintext(parameters, parameters.MaxLevel())
		check(encoder.Encode(values, plaintext))
		return try(try(encryptor.EncryptNew(plaintext)).MarshalBinary())
	}
	measure("input", func() { encrypt() })
	files := make([][]byte, asked.Inputs)
	for i := range files {
		files[i] = encrypt()
	}

	evaluator := bgv.NewEvaluator(parameters, nil)
	add := func() *rlwe.Ciphertext {
		sum := new(rlwe.Ciphertext)
		check(sum.UnmarshalBinary(files[0]))
		for _, file := range files[1:] {
			next := new(rlwe.Ciphertext)
			check(next.UnmarshalBinary(file))
			check(evaluator.Add(sum, next, sum))
		}
		return sum
	}
	measure("sum", func() { add() })
	sum := add()

	zero := rlwe.NewSecretKey(parameters)
	switching := try(multiparty.NewKeySwitchProtocol(parameters, smudging))
	parts := make([]multiparty.KeySwitchShare, holders)
	for i := range parts {
		parts[i] = switching.AllocateShare(sum.Level())
		switching.GenShare(secrets[i], zero, sum, &parts[i])
	}
	// As a holder of a study does, who makes the sum again.
	measure("partial decryption", func() {
		again := add()
		part := switching.AllocateShare(again.Level())
		switching.GenShare(secrets[0], zero, again, &part)
	})
	decryptor := rlwe.NewDecryptor(parameters, zero)
	decoded := make([]uint64, parameters.N())
	measure("combination", func() {
		together := switching.AllocateShare(sum.Level())
		check(switching.AggregateShares(parts[0], parts[1], &together))
		opened := rlwe.NewCiphertext(parameters, 1, sum.Level())
		switching.KeySwitch(sum, together, opened)
		check(encoder.Decode(decryptor.DecryptNew(opened), decoded))
	})
	for i := range decoded {
		if decoded[i] != uint64(asked.Inputs)*values[i]%t {
			panic("the sum is wrong")
		}
	}
	check(json.NewEncoder(os.Stdout).Encode(medians))
}
