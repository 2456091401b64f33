package release_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/apt/release"
)

// TestDebianKeys holds the fingerprints that Debian publishes.
func TestDebianKeys(t *testing.T) {
	keys, err := release.Debian()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"04B54C3CDCA79751B16BC6B5225629DF75B188BD", // trixie, automatic
		"05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0", // bookworm, security
		"41587F7DB8C774BCCF131416762F67A0B2C39DE4", // trixie, release team
		"4D64FEC119C2029067D6E791F8D2585B8783D481", // bookworm, release team
		"5E04A1E3223A19A20706E20F9904613D4CCE68C6", // trixie, security
		"B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8", // bookworm, automatic
	}
	if got := keys.Fingerprints(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

var day = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func keysOf(t *testing.T, public ...string) *release.Keys {
	t.Helper()
	var files [][]byte
	for _, p := range public {
		files = append(files, []byte(p))
	}
	keys, err := release.ReadKeys(files)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestVerify(t *testing.T) {
	const text = "Suite: stable\n- dashed\nDate: today\n"
	key, other := apttest.NewKey(t, day, 0), apttest.NewKey(t, day, 0)
	short := apttest.NewKey(t, day, 24*time.Hour)
	stolen := apttest.NewKey(t, day, 0)
	signed := key.Inline(t, text)
	byStolen := stolen.Inline(t, text)
	stolen.Revoke(t)
	both := key.Public(t) + other.Public(t)
	tests := []struct {
		name   string
		file   []byte
		public string
		want   string // part of the error, or empty
	}{
		{"good", signed, key.Public(t), ""},
		{"one of two keys in a file", signed, both, ""},
		{"the other", other.Inline(t, text), both, ""},
		{"signed later", key.At(day.Add(1000*time.Hour)).Inline(t, text), key.Public(t), ""},
		{"the key has expired since", short.Inline(t, text), short.Public(t), ""},
		{"the key had expired", short.At(day.Add(48*time.Hour)).Inline(t, text), short.Public(t), "had expired when it signed"},
		{"another key", signed, other.Public(t), "none of the archive's keys: name the file with the archive's key in signed-by"},
		{"stolen key", byStolen, stolen.Public(t), "was revoked"},
		{"altered", bytes.Replace(signed, []byte("stable"), []byte("stably"), 1), key.Public(t), "is wrong: the file was altered"},
		{"cut off in the text", signed[:60], key.Public(t), "cut off or damaged"},
		{"cut off in the signature", signed[:len(signed)-60], key.Public(t), "cut off or damaged"},
		{"nothing", nil, key.Public(t), "it is not signed"},
		{"not signed", []byte(text), key.Public(t), `it is not signed (it begins with "Suite: stable`},
		{"a page for people", []byte("<!DOCTYPE html>"), key.Public(t), `it is not signed (it begins with "<!DOCTYPE html>")`},
		{"something before", append([]byte("Suite: evil\n"), signed...), key.Public(t), "it is not signed"},
		{"something behind", append(slices.Clone(signed), "Suite: evil\n"...), key.Public(t), "something unsigned stands behind its signature"},
		{"a second message behind", append(slices.Clone(signed), signed...), key.Public(t), "something unsigned stands behind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := release.VerifyInline(tt.file, keysOf(t, tt.public))
			if tt.want == "" && (err != nil || string(got) != text) {
				t.Fatalf("got %v %q", err, got)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestVerifyDetached(t *testing.T) {
	key, other := apttest.NewKey(t, day, 0), apttest.NewKey(t, day, 0)
	const text = "Suite: stable\n"
	keys := keysOf(t, key.Public(t))
	tests := []struct {
		name, text string
		sig        []byte
		want       string
	}{
		{"good", text, key.Detached(t, text), ""},
		{"altered", "Suite: stably\n", key.Detached(t, text), "is wrong"},
		{"another key", text, other.Detached(t, text), "none of the archive's keys"},
		{"empty", text, nil, "bears no signature"},
		{"armoured nonsense", text, []byte("-----BEGIN PGP SIGNATURE-----\n\nxx\n"), "damaged"},
		{"binary nonsense", text, []byte("nonsense"), "damaged"},
		{"two, one good", text, append(slices.Clone(binary(t, other, text)), binary(t, key, text)...), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := release.VerifyDetached([]byte(tt.text), tt.sig, keys)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// binary is a detached signature without armour.
func binary(t *testing.T, key *apttest.Key, text string) []byte {
	t.Helper()
	block, err := armor.Decode(bytes.NewReader(key.Detached(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(block.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const digest = "4f2c68d67001d595fbd343f6dbad44468953a51c4d9dec3a4803249f6e295940"

func text(lines ...string) string {
	head := []string{"Suite: stable", "Codename: trixie", "Date: Sat, 12 Sep 2026 07:55:41 UTC"}
	for _, line := range lines {
		if line != "" {
			head = append(head, line)
		}
	}
	return strings.Join(head, "\n") +
		"\nSHA256:\n " + digest + " 10 main/binary-amd64/Packages.xz\n " + digest + " 99 main/Contents-amd64.gz\n"
}

func TestParse(t *testing.T) {
	r, err := release.Parse([]byte(text("Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC", "NotAutomatic: yes", "ButAutomaticUpgrades: yes",
		"Acquire-By-Hash: yes", "Architectures: all amd64 arm64", "Components: main contrib", "No-Support-for-Architecture-all: Packages")))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(r.Suite, r.Codename, r.Date, r.ValidUntil, r.NotAutomatic, r.ButAutomaticUpgrades, r.ByHash, r.Architectures, r.Components, r.AllApart, r.Files)
	want := "stabletrixie2026-09-12 07:55:41 +0000 UTC 2026-09-19 07:55:41 +0000 UTC true true true [all amd64 arm64] [main contrib] false map[main/binary-amd64/Packages.xz:{" + digest + " 10}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "the Release file is empty"},
		{"Suite: x\n", "it has no Date"},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\n", "names no Packages file by SHA256"},
		{"Date: yesterday\n", `Date: "yesterday" is no date in UTC`},
		{"Date: Sat, 12 Sep 2026 07:55:41 CEST\n", "is no date in UTC"},
		{"Date Sat\n", "line 1"},
		{text("Date: x"), "is no date"},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n x 10 main/binary-amd64/Packages\n", `has the digest "x"`},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n " + digest + " -1 Packages\n", `has the size "-1"`},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n " + digest + " 10\n", "is not a digest, a size and a path"},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n " + digest + " 10 ../../Packages\n", "leads out of the archive"},
		{"Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n " + digest + " 10 /Packages\n", "leads out of the archive"},
	}
	for _, tt := range tests {
		if _, err := release.Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(tt.want, "it ")) {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	at := time.Date(2026, 9, 12, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name, lines, suite string
		now                time.Time
		want               string
	}{
		{"suite", "", "stable", at, ""},
		{"codename", "", "trixie", at, ""},
		{"an old security suite", "", "trixie/updates", at, ""},
		{"a flat archive", "", "./", at, ""},
		{"years later", "", "trixie", at.AddDate(3, 0, 0), ""},
		{"another suite", "", "bookworm", at, `it is of suite "stable", codename "trixie", and not of "bookworm": correct the suite`},
		{"clocks differ a little", "", "trixie", at.Add(-7 * time.Minute), ""},
		{"future", "", "trixie", at.AddDate(-1, 0, 0), "it is dated 2026-09-12 07:55 UTC, which is in the future: set this machine's clock, which says 2025-09-12 08:00 UTC"},
		{"still valid", "Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC", "trixie", at, ""},
		{"expired", "Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC", "trixie", at.AddDate(0, 1, 0), "it was valid until 2026-09-19 07:55 UTC: the mirror is behind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := release.Parse([]byte(text(tt.lines)))
			if err != nil {
				t.Fatal(err)
			}
			err = r.Check(tt.suite, tt.now)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPackages(t *testing.T) {
	files := func(names ...string) map[string]release.File {
		m := map[string]release.File{}
		for _, n := range names {
			m[n] = release.File{SHA256: digest}
		}
		return m
	}
	debian := release.Release{Components: []string{"main", "contrib"}, Architectures: []string{"all", "amd64"},
		Files: files("main/binary-amd64/Packages.xz", "contrib/binary-amd64/Packages.gz", "main/binary-all/Packages.xz")}
	apart := debian
	apart.AllApart = true
	flat := release.Release{Files: files("Packages.zst", "Packages")}
	tests := []struct {
		name       string
		r          *release.Release
		components []string
		arch, want string
	}{
		{"two components", &debian, []string{"main", "contrib"}, "amd64", "[main/binary-amd64/Packages contrib/binary-amd64/Packages]"},
		{"all apart", &apart, []string{"main"}, "amd64", "[main/binary-amd64/Packages main/binary-all/Packages]"},
		{"only for all", &apart, []string{"main"}, "arm64", "[main/binary-all/Packages]"},
		{"flat", &flat, nil, "amd64", "[Packages]"},
		{"no such component", &debian, []string{"mian", "main"}, "amd64", "it has no component mian: it has main, contrib"},
		{"no such architecture", &debian, []string{"main"}, "arm64", "it has no Packages file for arm64: it has all, amd64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names, err := tt.r.Packages(tt.components, tt.arch)
			got := fmt.Sprint(names)
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for name, want := range map[string]string{"main/binary-amd64/Packages": ".xz", "contrib/binary-amd64/Packages": ".gz"} {
		if ending, _, err := debian.Best(name); ending != want || err != nil {
			t.Errorf("%s: %q %v, want %q", name, ending, err, want)
		}
	}
	if ending, _, err := flat.Best("Packages"); ending != ".zst" || err != nil {
		t.Errorf("flat: %q %v", ending, err)
	}
}

func TestReadKeys(t *testing.T) {
	for _, files := range [][][]byte{nil, {[]byte("nonsense")}, {[]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n")}, {nil}} {
		if k, err := release.ReadKeys(files); err == nil {
			t.Errorf("%q: read as %v", files, k.Fingerprints())
		}
	}
}

// TestKeyFiles reads files of one key and of several, with and without armour.
func TestKeyFiles(t *testing.T) {
	one, two := apttest.NewKey(t, day, 0), apttest.NewKey(t, day, 0)
	signed := one.Inline(t, "Suite: stable\n")
	for name, tt := range map[string]struct {
		files []string
		n     int
	}{
		"armour":                {[]string{one.Public(t)}, 1},
		"no armour":             {[]string{one.Binary(t)}, 1},
		"several with armour":   {[]string{two.Public(t) + one.Public(t)}, 2},
		"several without":       {[]string{two.Binary(t) + one.Binary(t)}, 2},
		"several files":         {[]string{two.Binary(t), one.Public(t)}, 2},
		"white space around it": {[]string{"\n\n" + one.Public(t) + "\n\n"}, 1},
	} {
		var files [][]byte
		for _, f := range tt.files {
			files = append(files, []byte(f))
		}
		keys, err := release.ReadKeys(files)
		if err != nil || len(keys.Fingerprints()) != tt.n {
			t.Errorf("%s: %v %v", name, keys, err)
			continue
		}
		if text, err := release.VerifyInline(signed, keys); err != nil || string(text) != "Suite: stable\n" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}

// FuzzParse holds that no Release file makes a path that leads out.
func FuzzParse(f *testing.F) {
	f.Add(text("Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC"))
	f.Add("Date: Sat, 12 Sep 2026 07:55:41 UTC\nSHA256:\n " + digest + " 10 a/../Packages\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := release.Parse([]byte(text))
		if err != nil {
			return
		}
		for name := range r.Files {
			if strings.Contains("/"+name+"/", "/../") || strings.HasPrefix(name, "/") {
				t.Fatalf("%q", name)
			}
		}
	})
}

// FuzzVerifyInline holds that nothing verifies but what was signed.
func FuzzVerifyInline(f *testing.F) {
	key := apttest.NewKey(f, day, 0)
	keys, err := release.ReadKeys([][]byte{[]byte(key.Public(f))})
	if err != nil {
		f.Fatal(err)
	}
	const text = "Suite: stable\n"
	signed := key.Inline(f, text)
	f.Add(uint16(3), []byte("x"))
	f.Add(uint16(80), []byte("\n\n"))
	f.Fuzz(func(t *testing.T, at uint16, with []byte) {
		bad := slices.Clone(signed)
		copy(bad[int(at)%len(bad):], with)
		got, err := release.VerifyInline(bad, keys)
		if err == nil && strings.TrimRight(string(got), " \t\r\n") != strings.TrimRight(text, "\n") {
			t.Fatalf("%q verifies", got)
		}
	})
}

// FuzzReadKeys holds that a file that is read has a key, whatever is changed in it.
func FuzzReadKeys(f *testing.F) {
	key := apttest.NewKey(f, day, 0)
	files := []string{key.Public(f), key.Binary(f)}
	f.Add(uint16(3), []byte("x"), false)
	f.Add(uint16(80), []byte("\n\n"), true)
	f.Fuzz(func(t *testing.T, at uint16, with []byte, binary bool) {
		bad := []byte(files[0])
		if binary {
			bad = []byte(files[1])
		}
		copy(bad[int(at)%len(bad):], with)
		keys, err := release.ReadKeys([][]byte{bad})
		if err == nil && len(keys.Fingerprints()) == 0 {
			t.Fatal("no key was read")
		}
	})
}
