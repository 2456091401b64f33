package container

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestShimSpec(t *testing.T) {
	specs := []shimSpec{
		{dir: "/", args: []string{"true"}, env: []string{}},
		{uid: 101, gid: 7, terminal: true, checkpoint: true, dir: "/a b", args: []string{"sh", "-c", ""}, env: []string{"A=", "B=\n\xff"}},
	}
	for _, s := range specs {
		b, err := s.encode()
		if err != nil {
			t.Errorf("encode %+v: %v", s, err)
			continue
		}
		if back, err := decodeSpec(b); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("decode: %+v, %v; want %+v", back, err, s)
		}
	}
	if _, err := (shimSpec{args: []string{"a\x00b"}}).encode(); err == nil {
		t.Error("a zero byte: no error")
	}
}

// Whatever is decoded is encoded to the same again, and has a command.
func FuzzDecodeSpec(f *testing.F) {
	f.Add([]byte("0\x000\x00false\x00false\x00/\x001\x00true\x00A=1"))
	f.Add([]byte("0\x000\x00false\x00false\x00/\x002\x00true"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSpec(b)
		if err != nil {
			return
		}
		if len(s.args) == 0 {
			t.Fatal("no command")
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeSpec(again); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%+v, %v; want %+v", back, err, s)
		}
	})
}

func TestReadOwners(t *testing.T) {
	tests := []struct {
		text string
		want map[string]owner
		bad  string
	}{
		{"", map[string]owner{}, ""},
		{"1 2 \"/a b\"\n4294967295 5 \"/\\n\\xff\"\n", map[string]owner{"/a b": {1, 2}, "/\n\xff": {unset, 5}}, ""},
		{"1 2\n", nil, "bad line"},
		{"1 x \"/a\"\n", nil, "invalid syntax"},
		{"1 2 /a\n", nil, "invalid syntax"},
		{"1 4294967296 \"/a\"\n", nil, "out of range"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ownersFile), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readOwners(dir)
		if test.bad != "" {
			if err == nil || !strings.Contains(err.Error(), test.bad) {
				t.Errorf("%q: error %v, want %q", test.text, err, test.bad)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %v, %v", test.text, got, err)
		}
	}
	if got, err := readOwners(t.TempDir()); len(got) > 0 || err != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
}
