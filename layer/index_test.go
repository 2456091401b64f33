package layer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

func digest(n int) string { return fmt.Sprintf("%064x", n) }

func sampleIndex() *layer.Index {
	return &layer.Index{
		Meta: map[string]string{"package": "nginx", "version": "1.26 %"},
		Files: []*layer.File{
			{Path: "/usr/sbin/nginx", Type: layer.Regular, Mode: 0o755, User: "root", Group: "root", Size: 11, Digest: digest(1), MTime: 1700000000,
				Caps:   "\x01\x00\x00\x02",
				Origin: layer.Origin{Kind: layer.FromPackage, Name: "nginx", What: "1.26.3-2, x"},
				Facts: &layer.Facts{Machine: "x86_64", Needed: []string{"libc.so.6", "libz.so.1"}, Runpath: []string{"$ORIGIN/../lib", ""},
					Interp: "/lib64/ld-linux-x86-64.so.2", Calls: []string{"popen"}, Debug: true}},
			{Path: "/usr", Type: layer.Dir, Mode: 0o755, User: "root", Group: "root", MTime: -1},
			{Path: "/usr/sbin/httpd", Type: layer.Symlink, Mode: 0o777, Link: "nginx"},
			{Path: "/usr/sbin/b c", Type: layer.Hardlink, Link: "/usr/sbin/nginx", At: "/x"},
			{Path: "/usr/sbin/s", Type: layer.Regular, Digest: digest(2), Facts: &layer.Facts{Interp: "/usr/bin/env", Args: "python3 -u"}},
			{Path: "/usr/sbin/tör\xff", Type: layer.Char, Dev: 1<<32 | 3, User: "-", Group: "100"},
		},
	}
}

const sampleText = `ashlar index 1
= package nginx
= version 1.26%20%25
d 755 root root -1 /usr
h 0 - - 0 /usr/sbin/b%20c /usr/sbin/nginx a=/x
l 777 - - 0 /usr/sbin/httpd nginx
f 755 root root 1700000000 /usr/sbin/nginx 11 0000000000000000000000000000000000000000000000000000000000000001 c=01000002 k=package n=nginx w=1.26.3-2%2c%20x F=x86_64 N=libc.so.6,libz.so.1 R=$ORIGIN/../lib,- I=/lib64/ld-linux-x86-64.so.2 X=popen D=1
f 0 - - 0 /usr/sbin/s 0 0000000000000000000000000000000000000000000000000000000000000002 F=- I=/usr/bin/env A=python3%20-u
c 0 %2d 100 0 /usr/sbin/tör%ff 4294967299
`

func TestIndexText(t *testing.T) {
	var b bytes.Buffer
	if err := layer.WriteIndex(&b, sampleIndex()); err != nil {
		t.Fatal(err)
	}
	if b.String() != sampleText {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), sampleText)
	}
	x, err := layer.ReadIndex(&b)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := layer.WriteIndex(&again, x); err != nil {
		t.Fatal(err)
	}
	if again.String() != sampleText {
		t.Errorf("read and written again:\n%s", again.String())
	}
	if f := x.Files[3]; f.At != f.Path || f.Facts.Needed[1] != "libz.so.1" || f.Facts.Runpath[1] != "" || f.Caps != "\x01\x00\x00\x02" {
		t.Errorf("got %+v, facts %+v", f, f.Facts)
	}
	if x.Meta["version"] != "1.26 %" {
		t.Errorf("meta %q", x.Meta)
	}
}

func TestReadIndexMistakes(t *testing.T) {
	head := "ashlar index 1\n"
	tests := []struct{ name, text, want string }{
		{"empty", "", "does not begin"},
		{"other version", "ashlar index 2\n", "does not begin"},
		{"cut off", head + "d 755 root root 0 /usr", "line 2: cut off"},
		{"blank at the end", head + "d 755 root root 0 /usr \n", "line 2"},
		{"two blanks", head + "d 755  root root 0 /usr\n", "line 2"},
		{"unknown type", head + "x 755 root root 0 /usr\n", "file type"},
		{"out of order", head + "d 755 root root 0 /usr\nd 755 root root 0 /bin\n", "line 3: /bin: out of order"},
		{"twice", head + "d 755 root root 0 /usr\nd 755 root root 0 /usr\n", "line 3: /usr: out of order"},
		{"relative", head + "d 755 root root 0 usr\n", "not absolute"},
		{"not clean", head + "d 755 root root 0 /usr/..\n", "not clean"},
		{"short digest", head + "f 755 root root 0 /usr 1 abc\n", "digest"},
		{"leading zero", head + "d 0755 root root 0 /usr\n", "not as written"},
		{"minus zero", head + "d 755 root root -0 /usr\n", "not as written"},
		{"plus", head + "d 755 root root +1 /usr\n", "not as written"},
		{"large mode", head + "d 17777 root root 0 /usr\n", "mode"},
		{"needless escape", head + "d 755 %72oot root 0 /usr\n", "not as written"},
		{"open escape", head + "d 755 root%2 root 0 /usr\n", "not as written"},
		{"empty key", head + "d 755 root root 0 /usr k=-\n", "not as written"},
		{"unknown key", head + "d 755 root root 0 /usr z=1\n", "not as written"},
		{"keys out of order", head + "d 755 root root 0 /usr n=1 k=2\n", "not as written"},
		{"meta out of order", head + "= b 1\n= a 1\n", "line 3"},
		{"meta without value", head + "= b\n", "line 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := layer.ParseIndex(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestWriteIndexRefuses(t *testing.T) {
	for _, files := range [][]*layer.File{
		{{Path: "/a", Type: layer.Regular}},
		{{Path: "/a", Type: layer.Dir}, {Path: "/a", Type: layer.Dir}},
		{{Path: "/a/", Type: layer.Dir}},
		{{Path: "/a", Type: layer.Symlink}},
		{{Path: "/a", Type: layer.Hardlink, Link: "b"}},
	} {
		if err := layer.WriteIndex(&bytes.Buffer{}, &layer.Index{Files: files}); err == nil {
			t.Errorf("%+v was written", files[0])
		}
	}
}

func FuzzReadIndex(f *testing.F) {
	f.Add(sampleText)
	f.Add("ashlar index 1\n")
	f.Add("ashlar index 1\n= - -\np 0 a,b - 0 /\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := layer.ParseIndex(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := layer.WriteIndex(&b, x); err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		if b.String() != text {
			t.Errorf("written again as\n%q, was\n%q", b.String(), text)
		}
	})
}

// manyFiles is like the trees of a build environment: a tenth of them ELF files.
func manyFiles(n int) []*layer.File {
	files := make([]*layer.File, n)
	for i := range files {
		f := &layer.File{
			Path: fmt.Sprintf("/usr/share/package%d/some/directory/file-number-%d.conf", i%128, i), Type: layer.Regular, Mode: 0o644,
			User: "root", Group: "root", Size: int64(i), Digest: digest(i), MTime: 1700000000,
			Origin: layer.Origin{Kind: layer.FromPackage, Name: fmt.Sprintf("package%d", i%128), What: "1.2.3-4+deb13u1"},
		}
		if i%10 == 0 {
			f.Facts = &layer.Facts{Machine: "x86_64", Soname: "libx.so.1", Needed: []string{"libc.so.6", "libm.so.6"}}
		}
		files[i] = f
	}
	return files
}

func BenchmarkReadIndex(b *testing.B) {
	var text bytes.Buffer
	if err := layer.WriteIndex(&text, &layer.Index{Files: manyFiles(30_000)}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := layer.ReadIndex(bytes.NewReader(text.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	x := &layer.Index{Files: layer.New(manyFiles(30_000)...).Files()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := layer.Digest(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	trees := make([]*layer.Tree, 128)
	for i := range trees {
		trees[i] = layer.New()
	}
	for i, f := range manyFiles(30_000) {
		trees[i%128].Put(f)
	}
	for _, t := range trees {
		t.Files()
	}
	b.ReportAllocs()
	for b.Loop() {
		if layer.Merge(trees...).Len() != 30_000 {
			b.Fatal("files lost")
		}
	}
}
