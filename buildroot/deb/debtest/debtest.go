// Package debtest makes Debian packages for tests: small ones out of text, and
// broken ones on purpose.
package debtest

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A Deb is what a package is made of.
type Deb struct {
	Name    string
	Version string            // "1.0" if empty
	Arch    string            // "all" if empty
	Fields  string            // further lines of the control stanza
	Members map[string]string // further control members; scripts get mode 0755
	Files   []File

	Compression string // of both archives: "", "gz" or "zst"
	Raw         []byte // stands for the data archive, if set
}

// A File is one member of the data archive. Its path is written as it is.
type File struct {
	Path  string
	Type  byte // of archive/tar; a regular file if zero, a directory if Path ends in "/"
	Mode  int64
	User  string
	Group string
	Link  string
	Data  string
	MTime int64
}

// Bytes is the package.
func (d Deb) Bytes() []byte {
	suffix := ""
	if d.Compression != "" {
		suffix = "." + d.Compression
	}
	data := d.Raw
	if data == nil {
		data = Tar(d.Files)
	}
	return Ar(
		Member{"debian-binary", []byte("2.0\n")},
		Member{"control.tar" + suffix, compress(d.Compression, Tar(d.control()))},
		Member{"data.tar" + suffix, compress(d.Compression, data)},
	)
}

func (d Deb) control() []File {
	version, arch := d.Version, d.Arch
	if version == "" {
		version = "1.0"
	}
	if arch == "" {
		arch = "all"
	}
	text := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\n%s", d.Name, version, arch, d.Fields)
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if !strings.Contains(text, "\nDescription:") {
		text += "Description: made for a test\n"
	}
	if !strings.Contains(text, "\nMaintainer:") {
		text += "Maintainer: nobody <nobody@example.org>\n"
	}
	files := []File{{Path: "./"}, {Path: "./control", Data: text}}
	for _, name := range []string{"config", "conffiles", "md5sums", "postinst", "postrm", "preinst", "prerm", "templates", "triggers"} {
		if data, ok := d.Members[name]; ok {
			mode := int64(0o644)
			if strings.HasPrefix(data, "#!") {
				mode = 0o755
			}
			files = append(files, File{Path: "./" + name, Data: data, Mode: mode})
		}
	}
	return files
}

// Tar is an archive of files, with long names as GNU tar writes them.
func Tar(files []File) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(header(f)); err != nil {
			panic(err) // a mistake of the test
		}
		io.WriteString(w, f.Data)
	}
	w.Close()
	return b.Bytes()
}

func header(f File) *tar.Header {
	h := &tar.Header{
		Name: f.Path, Typeflag: f.Type, Mode: f.Mode, Uname: f.User, Gname: f.Group,
		Linkname: f.Link, Size: int64(len(f.Data)), Format: tar.FormatGNU,
	}
	if h.Typeflag == 0 && strings.HasSuffix(f.Path, "/") {
		h.Typeflag = tar.TypeDir
	}
	if h.Typeflag == 0 {
		h.Typeflag = tar.TypeReg
	}
	if h.Mode == 0 && h.Typeflag == tar.TypeDir {
		h.Mode = 0o755
	}
	if h.Mode == 0 {
		h.Mode = 0o644
	}
	if h.Mode < 0 { // no permission at all
		h.Mode = 0
	}
	if h.Uname == "" {
		h.Uname = "root"
	}
	if h.Gname == "" {
		h.Gname = "root"
	}
	h.ModTime = unixTime(f.MTime)
	return h
}

// A Member is a member of an ar archive.
type Member struct {
	Name string
	Data []byte
}

// Ar is an ar archive as deb(5) has it.
func Ar(members ...Member) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range members {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.Name, 0, 0, 0, "100644", len(m.Data))
		b.Write(m.Data)
		if len(m.Data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

func compress(how string, data []byte) []byte {
	var b bytes.Buffer
	switch how {
	case "":
		return data
	case "gz":
		w := gzip.NewWriter(&b)
		w.Write(data)
		w.Close()
	case "zst":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			panic(err)
		}
		w.Write(data)
		w.Close()
	default:
		panic("no writer for " + how)
	}
	return b.Bytes()
}
