package layer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// none stands for an empty field, where one cannot be left out.
const none = "-"

// plain are the bytes that a field has as they are. A comma joins lists.
func plain(c byte) bool { return c > ' ' && c < utf8.RuneSelf && c != '%' && c != ',' && c != 0x7f }

// appendField appends s as one field: without spaces, and printable.
func appendField(b []byte, s string) []byte {
	if s == "" {
		return append(b, none...)
	}
	if s == none {
		return append(b, "%2d"...)
	}
	from := 0
	for i := 0; i < len(s); {
		if plain(s[i]) {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if n > 1 && unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		for range n {
			b = append(b, '%', hexDigits[s[i]>>4], hexDigits[s[i]&15])
			i++
		}
		from = i
	}
	return append(b, s[from:]...)
}

const hexDigits = "0123456789abcdef"

// parseField is the inverse of appendField. It refuses every other way to write
// the same string.
func parseField(s string) (string, bool) {
	if s == none {
		return "", true
	}
	simple := s != ""
	for i := 0; i < len(s) && simple; i++ {
		simple = plain(s[i])
	}
	if simple {
		return s, true
	}
	out, ok := unescape(s)
	if !ok || string(appendField(nil, out)) != s {
		return "", false
	}
	return out, true
}

func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	return b.String(), true
}
