package git

import (
	"archive/tar"
	"errors"
	"io"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
)

// top is the directory of an archive below which all else stands: who unpacks it
// enters it.
const top = "tree/"

// An archive is a tar archive that follows from a commit: entries as git sorts them,
// modes 0644, 0755 and, of links, 0777, root's, all of one time, in pax format where
// ustar has no room. Directories have entries if they are submodules or the top.
type archive struct {
	w    *tar.Writer
	date time.Time
}

func newArchive(w io.Writer) *archive { return &archive{w: tar.NewWriter(&limited{w, maxArchive})} }

// begin dates all entries.
func (a *archive) begin(date time.Time) error {
	a.date = date
	return a.dir("")
}

func (a *archive) header(kind byte, name string, mode int64) *tar.Header {
	return &tar.Header{Format: tar.FormatPAX, Typeflag: kind, Name: top + name, Mode: mode, ModTime: a.date}
}

func (a *archive) dir(name string) error {
	if name != "" {
		name += "/"
	}
	return a.w.WriteHeader(a.header(tar.TypeDir, name, 0o755))
}

func (a *archive) link(name, target string) error {
	h := a.header(tar.TypeSymlink, name, 0o777)
	h.Linkname = target
	return a.w.WriteHeader(h)
}

// file copies size bytes of r.
func (a *archive) file(name string, program bool, size int64, r io.Reader) error {
	h := a.header(tar.TypeReg, name, 0o644)
	if program {
		h.Mode = 0o755
	}
	h.Size = size
	if err := a.w.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.CopyN(a.w, r, size)
	return err
}

func (a *archive) close() error { return a.w.Close() }

// maxArchive is more than any source has.
const maxArchive = 16 << 30

// A limited writer fails when more comes than anybody wants.
type limited struct {
	io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, &fetch.GitError{Err: errors.New("its files have more than 16 GiB")}
	}
	return l.Writer.Write(p)
}
