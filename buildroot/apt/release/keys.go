package release

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/ProtonMail/go-crypto/openpgp"
)

//go:embed keys/*.asc
var debianKeys embed.FS

// Keys are the OpenPGP keys whose signatures count.
type Keys struct {
	ring openpgp.EntityList
}

// Debian returns the keys of Debian's archives that come with the program.
func Debian() (*Keys, error) {
	files, err := debianKeys.ReadDir("keys")
	if err != nil {
		return nil, fmt.Errorf("read Debian's keys: %w", err)
	}
	var all [][]byte
	for _, f := range files {
		data, err := debianKeys.ReadFile("keys/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read Debian's keys: %w", err)
		}
		all = append(all, data)
	}
	return ReadKeys(all)
}

// ReadKeys reads key files, each armoured or binary.
func ReadKeys(files [][]byte) (*Keys, error) {
	k := &Keys{}
	for i, data := range files {
		ring, err := readRing(data)
		if err != nil {
			return nil, fmt.Errorf("key file %d is not readable: %w", i+1, err)
		}
		k.ring = append(k.ring, ring...)
	}
	if len(k.ring) == 0 {
		return nil, errors.New("the key files hold no key")
	}
	return k, nil
}

// readRing reads one file.
func readRing(data []byte) (openpgp.EntityList, error) {
	if trimmed := bytes.TrimSpace(data); bytes.HasPrefix(trimmed, []byte("-----BEGIN PGP")) {
		return readArmoured(trimmed)
	}
	return openpgp.ReadKeyRing(bytes.NewReader(data))
}

// readArmoured reads all the blocks of a file; the library reads the first.
func readArmoured(data []byte) (openpgp.EntityList, error) {
	const begin = "-----BEGIN PGP"
	var all openpgp.EntityList
	for len(data) > 0 {
		next := bytes.Index(data[len(begin):], []byte(begin))
		block := data
		if next >= 0 {
			block, data = data[:len(begin)+next], data[len(begin)+next:]
		} else {
			data = nil
		}
		ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(block))
		if err != nil {
			return nil, err
		}
		all = append(all, ring...)
	}
	return all, nil
}

// Fingerprints lists the keys, sorted, in upper-case hex.
func (k *Keys) Fingerprints() []string {
	var all []string
	for _, e := range k.ring {
		all = append(all, fmt.Sprintf("%X", e.PrimaryKey.Fingerprint))
	}
	slices.Sort(all)
	return all
}
