// Package secret finds secrets where they must not be: in what a build's steps
// wrote and said.
//
// It knows the forms in which programs write bytes down without meaning to hide
// them: as they are, a line of many alone, in base64 at any alignment and wrapped,
// in hexadecimal, also with colons, with the escapes of URLs and JSON, and all of
// that inside files of gzip, bzip2, xz and zstd and archives of tar and zip, also
// nested ones. It does not find what somebody encrypted, cut into pieces, spelled
// backwards or encoded twice, nor base32, octal numbers, UTF-16 or other
// compressions: a step that has a secret is trusted not to want to give it away.
package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// MinLength is how long a secret must be, in bytes: shorter ones are found
// everywhere by chance.
const MinLength = 8

// minLine is how long a line of a secret of many lines must be to be looked for
// alone. "-----BEGIN CERTIFICATE-----" is no secret, and left out.
const minLine = 16

// A Search looks for the forms of some secrets. The nil Search finds nothing. It
// may be used by many at a time.
type Search struct {
	plain   []needle // in the bytes as they are
	packed  []needle // in the bytes without white space
	longest int
}

type needle struct {
	name  string
	bytes []byte
}

// NewSearch makes a Search for secrets by name.
func NewSearch(secrets map[string][]byte) (*Search, error) {
	s := &Search{}
	for name, value := range secrets {
		value = bytes.TrimRight(value, "\r\n")
		if len(value) < MinLength {
			return nil, fmt.Errorf("secret %s has %d bytes: with fewer than %d it could not be told from other text, if a step gave it away", name, len(value), MinLength)
		}
		s.add(name, value)
		if lines := bytes.Split(value, []byte("\n")); len(lines) > 1 {
			for _, line := range lines {
				line = bytes.TrimSpace(line)
				if len(line) >= minLine && !bytes.HasPrefix(line, []byte("-----")) {
					s.add(name, line)
				}
			}
		}
	}
	return s, nil
}

// add adds the forms of one value.
func (s *Search) add(name string, value []byte) {
	plain := [][]byte{value}
	for _, escape := range []func(string) string{url.QueryEscape, url.PathEscape, jsonEscape, jsonHTML, strictURL} {
		text := escape(string(value))
		plain = append(plain, []byte(text), []byte(lowerEscapes(text)))
	}
	for _, each := range []string{"%%%02X", "%%%02x", "%02X:", "%02x:"} {
		plain = append(plain, bytes.TrimSuffix(eachByte(each, value), []byte(":")))
	}
	packed := [][]byte{[]byte(hex.EncodeToString(value)), []byte(strings.ToUpper(hex.EncodeToString(value)))}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			packed = append(packed, aligned(encoding, value, shift))
		}
	}
	put := func(to *[]needle, forms [][]byte) {
		for _, form := range forms {
			if !slices.ContainsFunc(*to, func(n needle) bool { return bytes.Equal(n.bytes, form) }) {
				*to = append(*to, needle{name, form})
				s.longest = max(s.longest, len(form))
			}
		}
	}
	put(&s.plain, plain)
	put(&s.packed, packed)
}

// aligned is what base64 writes for value behind shift other bytes, as far as
// neither they nor those behind it matter.
func aligned(encoding *base64.Encoding, value []byte, shift int) []byte {
	text := encoding.EncodeToString(append(make([]byte, shift), value...))
	first := []int{0, 2, 3}[shift] // characters that have bits of the bytes before
	last := (shift + len(value)) * 8 / 6
	return []byte(text[first:last])
}

func jsonEscape(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return s
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

// jsonHTML escapes <, > and & as well, as Go and others do for pages.
func jsonHTML(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return strings.Trim(string(b), `"`)
}

// strictURL escapes all that RFC 3986 does not call unreserved.
func strictURL(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// eachByte writes every byte in a format, as some escape all that they get.
func eachByte(format string, value []byte) []byte {
	var b []byte
	for _, c := range value {
		b = fmt.Appendf(b, format, c)
	}
	return b
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			b.WriteString(strings.ToLower(s[i : i+3]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Text returns the name of a secret that a text holds in any form, or "".
func (s *Search) Text(text string) string {
	if s == nil {
		return ""
	}
	if name := find(s.plain, []byte(text)); name != "" {
		return name
	}
	return find(s.packed, pack(nil, []byte(text)))
}

func find(needles []needle, in []byte) string {
	for _, n := range needles {
		if bytes.Contains(in, n.bytes) {
			return n.name
		}
	}
	return ""
}

// pack appends bytes without white space, by which encoders wrap lines.
func pack(to, from []byte) []byte {
	for _, c := range from {
		if c != '\n' && c != '\r' && c != ' ' && c != '\t' {
			to = append(to, c)
		}
	}
	return to
}
