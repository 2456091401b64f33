// Package apttest makes small archives for tests: Packages files from the few
// fields that a test is about, and Release files signed by a key of the test's.
package apttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/klauspost/compress/gzip"
)

// Packages completes stanzas with what each of a real file has: a version ("1"),
// an architecture ("amd64"), and a file that is not there, unless it names one.
func Packages(text string) []byte {
	var out strings.Builder
	for stanza := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		name := value(stanza, "Package")
		version := value(stanza, "Version")
		if version == "" {
			version = "1"
			stanza += "\nVersion: 1"
		}
		if value(stanza, "Architecture") == "" {
			stanza += "\nArchitecture: amd64"
		}
		if value(stanza, "Filename") != "" { // a real one
			fmt.Fprintf(&out, "%s\n\n", strings.TrimSpace(stanza))
			continue
		}
		digest := Digest([]byte(stanza))
		fmt.Fprintf(&out, "%s\nFilename: pool/%s_%s.deb\nSize: 1000\nSHA256: %s\n\n", strings.TrimSpace(stanza), name, version, digest)
	}
	return []byte(out.String())
}

func value(stanza, field string) string {
	for line := range strings.Lines(stanza) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// Digest is the SHA-256 of data in hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// A Key signs archives.
type Key struct {
	entity   *openpgp.Entity
	made, at time.Time
}

// NewKey makes a key at a time, from when it also signs. It is valid for so long,
// or for ever if that is zero.
func NewKey(t testing.TB, at time.Time, valid time.Duration) *Key {
	t.Helper()
	config := &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: uint32(valid / time.Second),
		Time: func() time.Time { return at },
	}
	e, err := openpgp.NewEntity("archive", "", "archive@example.org", config)
	if err != nil {
		t.Fatal(err)
	}
	return &Key{e, at, at}
}

// At returns the key as it signs at another time, expired or not.
func (k *Key) At(at time.Time) *Key { return &Key{k.entity, k.made, at} }

// Revoke revokes the key, as compromised.
func (k *Key) Revoke(t testing.TB) {
	t.Helper()
	if err := k.entity.RevokeKey(packet.KeyCompromised, "stolen", k.config()); err != nil {
		t.Fatal(err)
	}
}

func (k *Key) config() *packet.Config {
	return &packet.Config{Time: func() time.Time { return k.at }}
}

// Public returns the public key, armoured.
func (k *Key) Public(t testing.TB) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err == nil {
		err = k.entity.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

// Binary returns the public key as it is without armour.
func (k *Key) Binary(t testing.TB) string {
	t.Helper()
	var out bytes.Buffer
	if err := k.entity.Serialize(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Inline signs a text as InRelease is.
func (k *Key) Inline(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	key, ok := k.entity.SigningKey(k.made)
	if !ok {
		t.Fatal("the key cannot sign")
	}
	w, err := clearsign.Encode(&out, key.PrivateKey, k.config())
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

// Detached signs a text as Release.gpg does.
func (k *Key) Detached(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, k.entity, strings.NewReader(text), k.config()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// An Archive is one suite with the component main for amd64.
type Archive struct {
	Suite    string
	Date     time.Time
	Header   string // further lines of the Release file
	ByHash   bool
	Packages string // stanzas as Packages takes them
}

// Release is the text of the Release file, and the files that it names, by path
// below it.
func (a Archive) Release() (text string, files map[string][]byte) {
	plain := Packages(a.Packages)
	files = map[string][]byte{"main/binary-amd64/Packages": plain, "main/binary-amd64/Packages.gz": zip(plain)}
	var out strings.Builder
	fmt.Fprintf(&out, "Suite: %s\nCodename: %s\nDate: %s\nArchitectures: amd64\nComponents: main\n", a.Suite, a.Suite, a.Date.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"))
	if a.ByHash {
		out.WriteString("Acquire-By-Hash: yes\n")
	}
	out.WriteString(a.Header)
	out.WriteString("SHA256:\n")
	for _, name := range []string{"main/binary-amd64/Packages", "main/binary-amd64/Packages.gz"} {
		data := files[name]
		fmt.Fprintf(&out, " %s %d %s\n", Digest(data), len(data), name)
		if a.ByHash {
			files["main/binary-amd64/by-hash/SHA256/"+Digest(data)] = data
		}
	}
	return out.String(), files
}

func zip(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(data) // into memory
	w.Close()
	return out.Bytes()
}
