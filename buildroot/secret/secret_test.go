package secret

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const token = `npm_7Kd/x+9"q&Zé==`

func compress(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zipped(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a", Size: int64(len(data)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t *testing.T, data string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(data), nil))
}

// wrapped breaks text into lines of n characters, as base64(1) does.
func wrapped(text string, n int) string {
	var b strings.Builder
	for len(text) > n {
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.String() + text
}

func TestFind(t *testing.T) {
	quoted, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding.EncodeToString
	far := strings.Repeat("x", 3*chunk-5)
	tests := []struct {
		name, text string
		found      bool
	}{
		{"raw", "a " + token + " b", true},
		{"across chunks", far + token, true},
		{"base64, first alignment", std([]byte(token + ":")), true},
		{"base64, second alignment", std([]byte("u" + token + "!")), true},
		{"base64, third alignment", std([]byte("u:" + token)), true},
		{"base64 of URLs", base64.RawURLEncoding.EncodeToString([]byte("user:" + token)), true},
		{"base64 wrapped", wrapped(std([]byte("user:"+token)), 7), true},
		{"hex", hex.EncodeToString([]byte("1" + token)), true},
		{"HEX wrapped", wrapped(strings.ToUpper(hex.EncodeToString([]byte(token))), 10), true},
		{"URL query", "https://x/?t=" + url.QueryEscape(token), true},
		{"URL path", "https://x/" + url.PathEscape(token), true},
		{"URL, lower case", "t=" + lowerEscapes(url.QueryEscape(token)), true},
		{"URL, strict", "t=" + strictURL(token), true},
		{"URL, all of it", "t=" + string(eachByte("%%%02X", []byte(token))), true},
		{"hex with colons", string(eachByte("%02x:", []byte(token))) + "20", true},
		{"JSON", string(quoted), true},
		{"JSON without HTML", `{"t":"` + jsonEscape(token) + `"}`, true},
		{"gzip", compress(t, "x"+token), true},
		{"gzip twice", compress(t, compress(t, token)), true},
		{"zstd", zstded(t, far+token), true},
		{"zip", zipped(t, token), true},
		{"zip behind the first chunk", zipped(t, far+token), true},
		{"tar", tarred(t, token), true},
		{"gzip in tar", tarred(t, compress(t, token)), true},
		{"zip in tar in gzip", compress(t, tarred(t, zipped(t, token))), true},
		{"damaged gzip", compress(t, token+far)[:60], true},
		{"begins like gzip", "\x1f\x8b" + token, true},
		{"begins like zip", "PK\x03\x04" + token, true},
		{"a half", token[:len(token)/2], false},
		{"nothing", far, false},
		{"empty", "", false},
	}
	s, err := NewSearch(map[string][]byte{"npm-token": []byte(token + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.File(strings.NewReader(tt.text), int64(len(tt.text)))
			if err != nil {
				t.Fatal(err)
			}
			if (got == "npm-token") != tt.found {
				t.Errorf("found %q, want %v", got, tt.found)
			}
		})
	}
}

// TestLines looks for a line of a key.
func TestLines(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGdXbHg\nc2hvcnQ\n-----END PRIVATE KEY-----\n"
	s, err := NewSearch(map[string][]byte{"key": []byte(key)})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"MC4CAQAwBQYDK2VwBCIEIGdXbHg": "key", "-----BEGIN PRIVATE KEY-----": "", "c2hvcnQ": "", strings.ReplaceAll(key, "\n", "\\n"): "key",
	} {
		if got := s.Text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	_, err := NewSearch(map[string][]byte{"pin": []byte("1234567\n")})
	if err == nil || strings.Contains(err.Error(), "1234567") {
		t.Errorf("error %v", err)
	}
}

func TestNested(t *testing.T) {
	data := "x"
	for range maxNested + 2 {
		data = compress(t, data)
	}
	s, err := NewSearch(map[string][]byte{"t": []byte(token)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.File(strings.NewReader(data), int64(len(data))); err == nil {
		t.Error("what is nested too deep was searched")
	}
}

func BenchmarkFile(b *testing.B) {
	data := bytes.Repeat([]byte("some text that is not secret, and some more\n"), 1<<20)
	s, err := NewSearch(map[string][]byte{"t": []byte(token)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if name, err := s.File(bytes.NewReader(data), int64(len(data))); name != "" || err != nil {
			b.Fatal(fmt.Sprint(name, err))
		}
	}
}

func FuzzFile(f *testing.F) {
	s, err := NewSearch(map[string][]byte{"t": []byte(token)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(token))
	f.Add([]byte("\x1f\x8bx"))
	f.Add([]byte("PK\x03\x04x"))
	f.Add([]byte("\xfd7zXZ\x00x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name, err := s.File(bytes.NewReader(data), int64(len(data)))
		if err == nil && bytes.Contains(data, []byte(token)) && name != "t" {
			t.Errorf("not found in %q", data)
		}
	})
}
