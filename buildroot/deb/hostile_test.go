package deb_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

type file = debtest.File

// hostile are data archives that must be refused, and how.
var hostile = []struct {
	name  string
	files []file
	want  string
}{
	{"climbs out", []file{{Path: "../evil", Data: "x"}}, `\.\./evil: its path leads out of the package`},
	{"climbs out later", []file{{Path: "./usr/../../evil", Data: "x"}}, `leads out of the package`},
	{"absolute", []file{{Path: "/etc/passwd", Data: "x"}}, `/etc/passwd: its path is absolute`},
	{"hard link to outside", []file{{Path: "./x", Type: tar.TypeLink, Link: "../../etc/shadow"}}, `target "\.\./\.\./etc/shadow": its path leads out`},
	{"hard link to nothing", []file{{Path: "./x", Type: tar.TypeLink, Link: "./y"}}, `hard link to "\./y", which is no earlier file`},
	{"hard link to itself", []file{{Path: "./x", Data: "x"}, {Path: "./x", Type: tar.TypeLink, Link: "./x"}}, `no earlier file`},
	{"hard link to a directory", []file{{Path: "./d/"}, {Path: "./x", Type: tar.TypeLink, Link: "./d"}}, `no earlier file`},
	{"device", []file{{Path: "./dev/sda", Type: tar.TypeBlock}}, `\./dev/sda: it is a device \(0, 0\)`},
	{"through a link", []file{{Path: "./out", Type: tar.TypeSymlink, Link: "/tmp"}, {Path: "./out/x", Data: "x"}}, `/out above it is no directory in this package`},
	{"through a relative link", []file{{Path: "./d/"}, {Path: "./d/l", Type: tar.TypeSymlink, Link: "../.."}, {Path: "./d/l/x/y", Data: "x"}}, `/d/l above it is no directory`},
	{"directory over a link", []file{{Path: "./out", Type: tar.TypeSymlink, Link: "/tmp"}, {Path: "./out/"}, {Path: "./out/x"}}, `as a directory and as something else`},
	{"file over a directory", []file{{Path: "./d/"}, {Path: "./d", Data: "x"}}, `as a directory and as something else`},
	{"below a file", []file{{Path: "./f", Data: "x"}, {Path: "./f/g", Data: "x"}}, `/f above it is no directory`},
	{"line break", []file{{Path: "./a\nb", Data: "x"}}, `"\./a\\nb": a line break in its path`},
	{"long name", []file{{Path: "./" + strings.Repeat("n", 256)}}, `a name of 256 bytes`},
	{"long path", []file{{Path: "./" + strings.Repeat("nnnnnnnnn/", 500)}}, `its path has 5002 bytes`},
	{"root is a file", []file{{Path: "./", Type: tar.TypeSymlink, Link: "/"}}, `its root is no directory`},
	{"empty link", []file{{Path: "./l", Type: tar.TypeSymlink}}, `its target is empty`},
	{"too many", []file{{Path: "./1"}, {Path: "./2"}, {Path: "./3"}, {Path: "./4"}, {Path: "./5"}}, `more than 4 members`},
	{"replaced with a link to it", []file{{Path: "./a", Data: "x"}, {Path: "./b", Type: tar.TypeLink, Link: "./a"}, {Path: "./a", Data: "y"}}, `twice, with a hard link`},
	{"both of merged /usr", []file{{Path: "./usr/bin/x", Data: "x"}, {Path: "./bin/x", Type: tar.TypeSymlink, Link: "/usr/bin/x"}}, `\./bin/x: the package has /usr/bin/x by two paths`},
	{"unknown type", []file{{Path: "./a", Type: 'V'}}, `tar type 'V'`},
}

func TestHostileData(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			refused(t, debtest.Deb{Name: "evil", Files: c.files}.Bytes(), `^unpack evil: .*`+c.want)
		})
	}
}

// refused checks that a package is refused in one sentence and that nothing of
// it stays, neither in its directory nor beside it.
func refused(t *testing.T, data []byte, want string) {
	t.Helper()
	top := tempDir(t)
	dir := filepath.Join(top, "a", "tree")
	_, err := deb.Unpack(context.Background(), bytes.NewReader(data), dir, deb.Options{MaxFiles: 4})
	if err == nil {
		t.Fatal("it was unpacked")
	}
	if ok, _ := regexp.MatchString(want, err.Error()); !ok || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q\nwant %s", err, want)
	}
	var left []string
	filepath.Walk(top, func(p string, fi os.FileInfo, err error) error {
		if p != top && p != filepath.Dir(dir) && p != dir {
			left = append(left, p)
		}
		return err
	})
	if left != nil {
		t.Errorf("stayed: %q", left)
	}
}

func TestHostileArchives(t *testing.T) {
	member := func(name, data string) debtest.Member { return debtest.Member{Name: name, Data: []byte(data)} }
	version := member("debian-binary", "2.0\n")
	data := debtest.Member{Name: "data.tar", Data: debtest.Tar(nil)}
	control := func(files ...file) debtest.Member {
		return debtest.Member{Name: "control.tar", Data: debtest.Tar(files)}
	}
	good := file{Path: "./control", Data: "Package: p\nVersion: 1\nArchitecture: all\n"}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, `ends too early`},
		{"no archive", []byte("PK\x03\x04 is a zip"), `this is no Debian package`},
		{"an archive of something", debtest.Ar(member("a.o", "x")), `first member is "a.o"`},
		{"another format", debtest.Ar(member("debian-binary", "3.0\n")), `version "3.0" of the package format`},
		{"no control", debtest.Ar(version, data), `"data.tar" stands where control.tar should`},
		{"no data", debtest.Ar(version, control(good)), `ends too early`},
		{"strange member", debtest.Ar(version, control(good), member("x", "y"), data), `"x" stands where data.tar should`},
		{"unknown compression", debtest.Ar(version, control(good), member("data.tar.br", "y")), `known compression`},
		{"lzma", debtest.Ar(version, control(good), member("data.tar.lzma", "y")), `gave up in 2013`},
		{"bad xz", debtest.Ar(version, control(good), member("data.tar.xz", "this is no xz")), `read data.tar.xz: `},
		{"bad gzip", debtest.Ar(version, control(good), member("data.tar.gz", "this is no gzip")), `read data.tar.gz: `},
		{"control climbs", debtest.Ar(version, control(good, file{Path: "./../../x", Data: "y"}), data), `no plain file with a plain name`},
		{"control link", debtest.Ar(version, control(good, file{Path: "./preinst", Type: tar.TypeSymlink, Link: "/etc/passwd"}), data), `no plain file`},
		{"control twice", debtest.Ar(version, control(good, good), data), `control is there twice`},
		{"control missing", debtest.Ar(version, control(), data), `no member control`},
		{"name climbs", debtest.Ar(version, control(file{Path: "control", Data: "Package: ../x\nVersion: 1\nArchitecture: all\n"}), data), `letters that no package may have`},
		{"bomb of control", debtest.Ar(version, control(good, file{Path: "./md5sums", Data: strings.Repeat("\x00", 65<<20)}), data), `larger than 64 MiB`},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, c.data, `^unpack .*`+c.want) })
	}
}

// A package says how large it is. One that unpacks to far more is stopped
// before it fills the disk.
func TestBomb(t *testing.T) {
	pr, pw := io.Pipe()
	go func() {
		w := tar.NewWriter(pw)
		w.WriteHeader(&tar.Header{Name: "./zeros", Typeflag: tar.TypeReg, Mode: 0o644, Size: 40 << 30, Format: tar.FormatGNU})
		pw.CloseWithError(io.ErrUnexpectedEOF)
	}()
	raw, _ := io.ReadAll(pr)
	d := debtest.Deb{Name: "bomb", Fields: "Installed-Size: 17\n", Compression: "zst", Raw: raw}
	refused(t, d.Bytes(), `^unpack bomb: read data.tar.zst: ./zeros: with it the package unpacks to far more than its Installed-Size of "17" KiB`)
}

// Wherever a package is cut off, it is refused and nothing of it stays.
func TestTruncated(t *testing.T) {
	for _, compression := range []string{"", "gz", "zst"} {
		d := whole
		d.Compression, d.Files = compression, d.Files[:3]
		data := d.Bytes()
		for n := 0; n < len(data)-1; n += 1 + n/31 {
			if compression == "" && n > len(data)-2048 {
				break // only tar's own padding is missing
			}
			refused(t, data[:n], `^unpack (whole|package): .*(ends too early|fetch|checksum|invalid|magic)`)
		}
	}
}

// Whatever byte of a package is another one, either it is refused in one sentence
// with a remedy and nothing of it stays, or the change was where nobody looks.
func TestAltered(t *testing.T) {
	remedy := `fetch|do not use|ends too early|letters|no field|line \d+|Debian package|leave|known compression|package format|gave up`
	for _, name := range []string{"none", "gzip", "xz", "zstd", "bzip2"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".deb"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range data {
			if i%31 != 0 {
				continue
			}
			altered := bytes.Clone(data)
			altered[i] ^= 0x55
			_, err := deb.Unpack(t.Context(), bytes.NewReader(altered), filepath.Join(tempDir(t), "tree"), deb.Options{MaxFiles: 100})
			if err == nil {
				continue
			}
			if ok, _ := regexp.MatchString(remedy, err.Error()); !ok || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "unpack ") {
				t.Errorf("%s, byte %d: %v", name, i, err)
			}
			refused(t, altered, "^unpack ")
		}
	}
}

// The dialects of tar that archives come in, and their traps.
func TestDialects(t *testing.T) {
	pax := func(name string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Format: tar.FormatPAX, PAXRecords: map[string]string{"comment": "x"}}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		w.Close()
		return b.Bytes()
	}
	// raw is an old header without magic, and what follows it.
	raw := func(name string, kind byte, size string, body string) []byte {
		h := make([]byte, 512)
		copy(h, name)
		copy(h[100:], "0000644\x000000000\x000000000\x00")
		copy(h[124:], size)
		copy(h[136:], "00000000000\x00        ")
		h[156] = kind
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
		h = append(h, body...)
		return append(h, make([]byte, 1024+(512-len(body)%512)%512)...)
	}
	var long bytes.Buffer
	w := tar.NewWriter(&long)
	w.WriteHeader(&tar.Header{Name: "./" + strings.Repeat("d/", 60) + "f", Typeflag: tar.TypeReg, Format: tar.FormatUSTAR})
	w.Close()
	for _, c := range []struct {
		name string
		raw  []byte
		want string // of the refusal; empty: it is taken
	}{
		{"v7", raw("./x", 0, "00000000003\x00", "abc"), ""},
		{"v7, directory by its slash", raw("./x/", 0, "00000000000\x00", ""), ""},
		{"ustar prefix", long.Bytes(), ""},
		{"contiguous", raw("./x", '7', "00000000003\x00", "abc"), "tar type '7'"},
		{"gnu sparse", raw("./x", 'S', "00000000003\x00", "abc"), "damaged|tar type 'S'"},
		{"size of base 256", raw("./x", '0', "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03", "abc"), ""},
		{"negative size", raw("./x", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", ""), "damaged"},
		{"huge size", raw("./x", '0', "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", ""), "damaged|far more"},
		{"size that is no number", raw("./x", '0', "12x\x00", "abc"), "damaged"},
		{"pax", pax("./\u00e9"), ""},
		{"pax path that climbs", pax("../../\u00e9"), "leads out of the package"},
		{"volume", raw("label", 'V', "00000000000\x00", ""), "tar type 'V'"},
		{"names without end", raw("././@LongLink", 'L', "77777777777\x00", strings.Repeat("n", 512)), "damaged|ends too early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := debtest.Deb{Name: "odd", Raw: c.raw}
			if c.want != "" {
				refused(t, d.Bytes(), "^unpack odd: .*("+c.want+")")
				return
			}
			if _, err := unpack(t, d.Bytes(), deb.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A package of more members than a package may have is refused before they are
// on the disk.
func TestManyMembers(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 20_000 {
		w.WriteHeader(&tar.Header{Name: fmt.Sprintf("./%d", i), Typeflag: tar.TypeReg, Format: tar.FormatGNU})
	}
	w.Close()
	refused(t, debtest.Deb{Name: "many", Compression: "gz", Raw: b.Bytes()}.Bytes(), `^unpack many: .*more than 4 members`)
}

func TestNotEmpty(t *testing.T) {
	dir := tempDir(t)
	os.MkdirAll(filepath.Join(dir, "root/keep"), 0o755)
	_, err := deb.Unpack(context.Background(), bytes.NewReader(whole.Bytes()), dir, deb.Options{})
	if err == nil || !strings.Contains(err.Error(), "unpack to an empty directory") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "root/keep")); err != nil {
		t.Error("what was there is gone")
	}
	if _, err := os.Stat(filepath.Join(dir, "control")); err == nil {
		t.Error("control/ stayed")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(io.ErrClosedPipe)
	_, err := deb.Unpack(ctx, bytes.NewReader(whole.Bytes()), filepath.Join(tempDir(t), "x"), deb.Options{})
	if err == nil || !strings.Contains(err.Error(), io.ErrClosedPipe.Error()) {
		t.Errorf("error %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(whole.Bytes())
	for _, c := range hostile {
		f.Add(debtest.Deb{Name: "evil", Files: c.files}.Bytes())
	}
	for _, name := range []string{"none", "gzip", "xz", "zstd", "bzip2"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".deb"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		top := tempDir(t)
		dir := filepath.Join(top, "tree")
		p, err := deb.Unpack(context.Background(), bytes.NewReader(data), dir, deb.Options{MaxFiles: 100, MaxBytes: 1 << 20, Sequential: true})
		if names, _ := os.ReadDir(top); len(names) > 1 {
			t.Fatalf("wrote beside its directory: %v", names)
		}
		if err != nil {
			return
		}
		if _, err := deb.Open(dir); err != nil {
			t.Errorf("unpacked, and then: %v", err)
		}
		_ = p
	})
}
