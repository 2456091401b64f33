package layer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

var longName = "/long/" + strings.Repeat("n", 150)

func sampleFiles() []*layer.File {
	big := layer.Content("/usr/bin/ping", 0o4755, bytes.Repeat([]byte("ping"), 5000), layer.Origin{})
	big.Caps, big.MTime, big.Group = "\x01\x00\x00\x02\x00 \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1600000000, "adm"
	return []*layer.File{
		{Path: "/", Type: layer.Dir, Mode: 0o755},
		{Path: "/usr/bin", Type: layer.Dir, Mode: 0o755, MTime: 2000000000},
		big,
		{Path: "/usr/bin/alias", Type: layer.Hardlink, Link: "/usr/bin/ping"},
		{Path: "/usr/bin/zz", Type: layer.Hardlink, Link: "/usr/bin/ping"},
		{Path: "/usr/bin/link", Type: layer.Symlink, Link: strings.Repeat("x", 120), User: "nginx", Group: "nginx"},
		layer.Content(longName, 0o600, nil, layer.Origin{}),
		{Path: "/dev/null", Type: layer.Char, Mode: 0o666, Dev: 1<<32 | 3},
		{Path: "/dev/sda", Type: layer.Block, Mode: 0o660, Dev: 8 << 32},
		{Path: "/dev/pipe", Type: layer.Fifo, Mode: 0o600, User: "4000000", Group: "4000000"},
		{Path: "/old", Type: layer.Whiteout},
		{Path: "/etc/opaque", Type: layer.Opaque, Mode: 0o700},
	}
}

func tarOptions() layer.TarOptions {
	return layer.TarOptions{Epoch: 1700000000, IDs: layer.IDs{
		Users:  map[string]uint32{"root": 0, "nginx": 101},
		Groups: map[string]uint32{"root": 0, "adm": 4, "nginx": 101},
	}}
}

const wantTar = `./ 5 755 0:0 0
dev/null 3 666 0:0 0 1,3
dev/pipe 6 600 4000000:4000000 0
dev/sda 4 660 0:0 0 8,0
etc/opaque/ 5 700 0:0 0
etc/opaque/.wh..wh..opq 0 0 0:0 0
LONG 0 600 0:0 0
.wh.old 0 0 0:0 0
usr/bin/ 5 755 0:0 1700000000
usr/bin/alias 0 4755 0:4 1600000000 20000 caps
usr/bin/link 2 777 101:101 0 -> x120
usr/bin/ping 1 4755 0:4 1600000000 -> usr/bin/alias
usr/bin/zz 1 4755 0:4 1600000000 -> usr/bin/alias
`

func TestWriteTar(t *testing.T) {
	var b bytes.Buffer
	files := sampleFiles()
	if err := layer.WriteTar(&b, files, nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	tr := tar.NewReader(bytes.NewReader(b.Bytes()))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s %c %o %d:%d %d", strings.Replace(h.Name, longName[1:], "LONG", 1), h.Typeflag, h.Mode, h.Uid, h.Gid, h.ModTime.Unix())
		if h.Size > 0 {
			fmt.Fprintf(&got, " %d", h.Size)
		}
		if h.Devmajor+h.Devminor > 0 {
			fmt.Fprintf(&got, " %d,%d", h.Devmajor, h.Devminor)
		}
		if h.Linkname != "" {
			fmt.Fprintf(&got, " -> %s", strings.Replace(h.Linkname, strings.Repeat("x", 120), "x120", 1))
		}
		if h.PAXRecords["SCHILY.xattr.security.capability"] != "" {
			got.WriteString(" caps")
		}
		if h.Uname+h.Gname != "" {
			t.Errorf("%s has names %s:%s", h.Name, h.Uname, h.Gname)
		}
		got.WriteByte('\n')
	}
	if got.String() != wantTar {
		t.Errorf("got\n%s\nwant\n%s", got.String(), wantTar)
	}
	if n := bytes.Count(b.Bytes(), []byte("PaxHeaders")); n != 4 {
		t.Errorf("%d PAX headers; want them for the long name, the long target, the capabilities and the large ids", n)
	}

	// Any order of the files gives the same bytes.
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	var again bytes.Buffer
	if err := layer.WriteTar(&again, files, nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("another order of the files gives another archive")
	}
}

func TestReadTar(t *testing.T) {
	var b bytes.Buffer
	if err := layer.WriteTar(&b, sampleFiles(), nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	tree, err := layer.ReadTar(bytes.NewReader(b.Bytes()), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := layer.WriteTar(&again, tree.Files(), nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		var dump strings.Builder
		layer.Dump(&dump, tree)
		t.Errorf("read and written again it is another archive:\n%s", dump.String())
	}
	if _, err := layer.ReadTar(bytes.NewReader(b.Bytes()), 100); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("limit: %v", err)
	}
}

func TestReadTarMistakes(t *testing.T) {
	tests := []struct {
		h    tar.Header
		want string
	}{
		{tar.Header{Name: "../x"}, "leads out"},
		{tar.Header{Name: "a/../../x"}, "leads out"},
		{tar.Header{Name: "x", Typeflag: tar.TypeLink, Linkname: "../y"}, "leads out"},
		{tar.Header{Name: "x", Typeflag: tar.TypeSymlink}, "without a target"},
		{tar.Header{Name: "a/.wh."}, "whiteout of nothing"},
		{tar.Header{Name: "a/.wh..."}, "whiteout of nothing"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		tw := tar.NewWriter(&b)
		if err := errors.Join(tw.WriteHeader(&tt.h), tw.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := layer.ReadTar(&b, 1<<20); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want …%s", tt.h.Name, err, tt.want)
		}
	}
}

type opener map[string]string

func (o opener) Open(f *layer.File) (io.ReadCloser, error) {
	s, ok := o[f.At]
	if !ok {
		return nil, errors.New("no such tree")
	}
	return io.NopCloser(strings.NewReader(s)), nil
}

func TestWriteTarFails(t *testing.T) {
	stored := func(at string) *layer.File {
		f := layer.Content("/f", 0o644, []byte("bytes"), layer.Origin{})
		f.Data, f.At = nil, at
		return f
	}
	tests := []struct {
		name  string
		files []*layer.File
		want  string
	}{
		{"right bytes", []*layer.File{stored("/right")}, ""},
		{"other bytes", []*layer.File{stored("/other")}, "/f: digest is"},
		{"too few", []*layer.File{stored("/few")}, "/f: size is not 5"},
		{"too many", []*layer.File{stored("/many")}, "/f: size is not 5"},
		{"not there", []*layer.File{stored("/none")}, "/f: no such tree"},
		{"unknown user", []*layer.File{{Path: "/d", Type: layer.Dir, User: "nobody"}}, `/d: there is no user "nobody"`},
		{"unknown group", []*layer.File{{Path: "/d", Type: layer.Dir, Group: "nobody"}}, `/d: there is no group "nobody"`},
		{"twice", []*layer.File{{Path: "/d", Type: layer.Dir}, {Path: "/d", Type: layer.Fifo}}, "/d: twice"},
		{"link to nothing", []*layer.File{{Path: "/d", Type: layer.Hardlink, Link: "/e"}}, "/d: hard link to /e"},
		{"name of a whiteout", []*layer.File{{Path: "/.wh.x", Type: layer.Dir}}, "no image can have"},
		{"not clean", []*layer.File{{Path: "/a/../b", Type: layer.Dir}}, "not clean"},
		{"no type", []*layer.File{{Path: "/a"}}, "file type"},
	}
	open := opener{"/right": "bytes", "/other": "bites", "/few": "byte", "/many": "bytess"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := layer.WriteTar(io.Discard, tt.files, open, layer.TarOptions{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want …%s", err, tt.want)
			}
		})
	}
}

// GNU tar reads what we write, owners and times included.
func TestGNUTarReads(t *testing.T) {
	need(t, "tar")
	file := filepath.Join(t.TempDir(), "x.tar")
	var b bytes.Buffer
	if err := layer.WriteTar(&b, sampleFiles(), nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(context.Background(), "tar", "--numeric-owner", "-tvf", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"-rwsr-xr-x 0/4", longName[1:], "1,3 1970-01-01 00:00 dev/null", "usr/bin/ping link to usr/bin/alias", "prw------- 4000000/4000000"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func FuzzReadTar(f *testing.F) {
	var b bytes.Buffer
	if err := layer.WriteTar(&b, sampleFiles(), nil, tarOptions()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := layer.ReadTar(bytes.NewReader(data), 1<<20)
		if err != nil {
			return
		}
		for file := range tree.All() {
			if err := layer.CheckPath(file.Path); err != nil {
				t.Error(err)
			}
		}
		if tree.Check() != nil {
			return
		}
		var out bytes.Buffer
		if err := layer.WriteTar(&out, tree.Files(), nil, layer.TarOptions{Epoch: 1 << 40}); err != nil {
			return // such as a name that our archives do not have
		}
		again, err := layer.ReadTar(&out, 1<<20)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if d := layer.Diff(layer.Merge(tree), layer.Merge(again)); len(d) > 0 && !hasLinks(tree) {
			t.Errorf("read again: %v", d)
		}
	})
}

// hasLinks: the first name of a file may be another one after writing.
func hasLinks(t *layer.Tree) bool {
	for f := range t.All() {
		if f.Type == layer.Hardlink || f.Type == layer.Symlink {
			return true
		}
	}
	return false
}

func BenchmarkWriteBlob(b *testing.B) {
	files := manyBytes(300, 100_000)
	for _, c := range []layer.Compression{layer.Gzip, layer.Zstd, layer.Bare} {
		b.Run("compression="+c.MediaType()[len("application/vnd.oci.image.layer.v1."):], func(b *testing.B) {
			b.SetBytes(300 * 100_000)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := layer.WriteBlob(io.Discard, files, nil, layer.BlobOptions{Compression: c}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestReadContents(t *testing.T) {
	var b bytes.Buffer
	files := []*layer.File{
		{Path: "/etc", Type: layer.Dir, Mode: 0o755, User: "0", Group: "0"},
		layer.Content("/etc/a", 0o644, []byte("first"), layer.Origin{}),
		layer.Content("/etc/b", 0o644, []byte("second"), layer.Origin{}),
		{Path: "/etc/c", Type: layer.Symlink, Link: "a", User: "0", Group: "0"},
	}
	if err := layer.WriteTar(&b, files, nil, tarOptions()); err != nil {
		t.Fatal(err)
	}
	archive := b.Bytes()
	found, err := layer.ReadContents(bytes.NewReader(archive), map[string]bool{"/etc/b": true, "/etc/c": true, "/etc/x": true}, 6)
	if err != nil || len(found) != 1 || string(found["/etc/b"]) != "second" {
		t.Errorf("found %q, %v", found, err)
	}
	if _, err := layer.ReadContents(bytes.NewReader(archive), map[string]bool{"/etc/b": true}, 5); err == nil {
		t.Error("more than the limit was read")
	}
	if _, err := layer.ReadContents(bytes.NewReader(archive[:700]), map[string]bool{"/etc/b": true}, 6); err == nil {
		t.Error("a truncated archive was read")
	}
}
