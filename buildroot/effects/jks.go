package effects

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
)

// jksMagic begins a Java key store. Of version 2, the only one since Java 1.2,
// each entry is a tag, an alias, a time in milliseconds and a certificate with
// its type; behind the last comes a SHA-1 over the password in UTF-16, the
// phrase and all before.
const (
	jksMagic   = 0xfeedfeed
	jksVersion = 2
	jksCert    = 2 // the tag of a trusted certificate; 1 is a private key
	jksPhrase  = "Mighty Aphrodite"
	jksPass    = "changeit" // of every cacerts that Java came with
)

// normaliseJKS gives all entries of a key store of certificates one time and
// sorts them by alias.
func normaliseJKS(data []byte, epoch int64) ([]byte, error) {
	if len(data) < 12+sha1.Size {
		return nil, errors.New("read key store: too short")
	}
	body := data[:len(data)-sha1.Size]
	if !bytes.Equal(jksDigest(body), data[len(body):]) {
		return nil, errors.New("read key store: its password is not Java's own")
	}
	if binary.BigEndian.Uint32(body) != jksMagic || binary.BigEndian.Uint32(body[4:]) != jksVersion {
		return nil, errors.New("read key store: not of version 2")
	}
	type entry struct {
		alias string
		bytes []byte
	}
	entries := make([]entry, 0, 256)
	for rest, n := body[12:], binary.BigEndian.Uint32(body[8:]); n > 0; n-- {
		alias, size, err := jksEntry(rest)
		if err != nil {
			return nil, err
		}
		e := bytes.Clone(rest[:size])
		binary.BigEndian.PutUint64(e[6+len(alias):], uint64(epoch)*1000)
		entries = append(entries, entry{alias, e})
		rest = rest[size:]
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare([]byte(a.alias), []byte(b.alias)) })
	out := bytes.Clone(body[:12])
	for _, e := range entries {
		out = append(out, e.bytes...)
	}
	return append(out, jksDigest(out)...), nil
}

// jksEntry measures the entry at the beginning of b.
func jksEntry(b []byte) (alias string, size int, err error) {
	cut := errors.New("read key store: an entry ends too early")
	if len(b) < 6 {
		return "", 0, cut
	}
	if tag := binary.BigEndian.Uint32(b); tag != jksCert {
		return "", 0, fmt.Errorf("read key store: an entry of kind %d, which is no certificate", tag)
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	at := 6 + n + 8 // behind the time
	if len(b) < at+2 {
		return "", 0, cut
	}
	alias = string(b[6 : 6+n])
	at += 2 + int(binary.BigEndian.Uint16(b[at:])) // the certificate's type
	if len(b) < at+4 {
		return "", 0, cut
	}
	length := binary.BigEndian.Uint32(b[at:])
	if uint64(length) > uint64(len(b)-at-4) {
		return "", 0, cut
	}
	return alias, at + 4 + int(length), nil
}

func jksDigest(body []byte) []byte {
	h := sha1.New()
	for _, u := range utf16.Encode([]rune(jksPass)) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte(jksPhrase))
	h.Write(body)
	return h.Sum(nil)
}
