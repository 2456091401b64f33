package deb

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// A filer puts the data archive below root/ and notes what it holds.
type filer struct {
	*unpacker
	sink   *sink
	origin layer.Origin
	files  map[string]*layer.File
	linked map[string]bool // regular files that have further names
	merged map[string]bool // paths that were spelled through a merged-/usr link
	parent string          // the last directory found to be one
	list   bytes.Buffer
	listed map[string]bool
	md5s   map[string]int // path of a conffile → its place in Conffiles
	left   int64          // bytes that it may still unpack
	buf    []byte
}

// smallFile is how large a file may be to be hashed, looked into and written
// from memory at once. Larger ones go through in pieces.
const smallFile = 1 << 20

// data reads the data archive.
func (u *unpacker) data(ctx context.Context, r io.Reader) error {
	if err := u.claim(rootDir); err != nil {
		return err
	}
	sink, err := newSink(u.path(rootDir))
	if err != nil {
		return err
	}
	defer sink.close()
	f := &filer{
		unpacker: u, sink: sink, origin: u.pkg.Origin(), left: u.budget(), buf: make([]byte, smallFile),
		files: map[string]*layer.File{}, linked: map[string]bool{}, merged: map[string]bool{}, listed: map[string]bool{}, md5s: map[string]int{},
	}
	for i, c := range u.pkg.Conffiles {
		f.md5s[Canonical(path.Clean(c.Path))] = i
	}
	overhead := int64(u.opts.MaxFiles)*tarOverhead + 1<<20
	if err := f.all(ctx, tar.NewReader(io.LimitReader(r, f.left+overhead))); err != nil {
		return err
	}
	if err := f.finish(); err != nil {
		return err
	}
	return f.writeList()
}

// budget is how many bytes the package may unpack to, by its own Installed-Size
// if it has one.
func (u *unpacker) budget() int64 {
	kib, err := strconv.ParseInt(u.pkg.Control.Get("Installed-Size"), 10, 40)
	if err != nil || kib < 0 {
		return u.opts.MaxBytes
	}
	return min(u.opts.MaxBytes, kib<<10*installedFactor+installedSlack)
}

func (f *filer) all(ctx context.Context, t *tar.Reader) error {
	for n := 0; ; n++ {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if n >= f.opts.MaxFiles {
			return fmt.Errorf("it has more than %d members: %s", f.opts.MaxFiles, refuse)
		}
		if err := f.member(t, h); err != nil {
			return fmt.Errorf("%s: %w", printable(h.Name), err)
		}
	}
}

// member unpacks one member of the data archive.
func (f *filer) member(t *tar.Reader, h *tar.Header) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	spelled, err := memberPath(h.Name)
	if err != nil {
		return err
	}
	file := &layer.File{
		Path: Canonical(spelled), Mode: uint32(h.Mode) & 0o7777, MTime: h.ModTime.Unix(),
		User: owner(h.Uname, h.Uid), Group: owner(h.Gname, h.Gid), Origin: f.origin,
	}
	if file.Type, err = fileType(h); err != nil {
		return err
	}
	if file.Type == layer.Dir && aliased(file.Path[1:]) {
		file.Path = "/usr" + file.Path // a directory where the root has a link
	}
	file.At = file.Path
	if err := f.place(file, spelled); err != nil {
		return err
	}
	f.note(spelled)
	return f.write(t, h, file)
}

// owner is a name, or a number where the archive has no name.
func owner(name string, id int) string {
	switch {
	case name != "":
		return name
	case id == 0:
		return "root"
	}
	return strconv.Itoa(id)
}

func fileType(h *tar.Header) (layer.Type, error) {
	switch h.Typeflag {
	case tar.TypeReg:
		return layer.Regular, nil
	case tar.TypeDir:
		return layer.Dir, nil
	case tar.TypeSymlink:
		return layer.Symlink, nil
	case tar.TypeLink:
		return layer.Hardlink, nil
	case tar.TypeFifo:
		return layer.Fifo, nil
	case tar.TypeChar, tar.TypeBlock:
		return 0, fmt.Errorf("it is a device (%d, %d), which a user cannot make: leave the package out, or declare the device in the recipe", h.Devmajor, h.Devminor)
	}
	return 0, fmt.Errorf("it has the tar type %q, which no Debian package may have: %s", h.Typeflag, refuse)
}

// place makes sure that file's path can be written: its directories are there
// and are directories, and what an earlier member of the same path left is
// gone. As with dpkg the later of two members of one path counts.
func (f *filer) place(file *layer.File, spelled string) error {
	if file.Path == "/" {
		if file.Type != layer.Dir {
			return errors.New("its root is no directory: " + refuse)
		}
		return nil
	}
	if err := f.mkdirs(path.Dir(file.Path)); err != nil {
		return err
	}
	old := f.files[file.Path]
	twoWays := old != nil && f.merged[file.Path] != (file.Path != spelled)
	f.merged[file.Path] = file.Path != spelled
	switch {
	case old == nil || old.Type == layer.Dir && file.Type == layer.Dir:
		return nil
	case old.Type == layer.Dir || file.Type == layer.Dir:
		return errors.New("it is in the package as a directory and as something else: " + refuse)
	case twoWays:
		return fmt.Errorf("the package has %s by two paths, one of them through a link into /usr: %s", file.Path, refuse)
	case f.linked[file.Path]:
		return errors.New("it is in the package twice, with a hard link to the first: " + refuse)
	}
	return f.sink.remove(file.Path)
}

// mkdirs makes sure that dir is a directory of the package. One that the
// package uses and does not have is made, and is not in the index: what it is
// like is for another package to say.
func (f *filer) mkdirs(dir string) error {
	if dir == "/" || dir == f.parent {
		return nil
	}
	if err := f.mkdirs(path.Dir(dir)); err != nil {
		return err
	}
	switch have := f.files[dir]; {
	case have == nil:
		if err := f.sink.mkdir(dir, 0o755, 0); err != nil {
			return err
		}
	case have.Type != layer.Dir:
		return fmt.Errorf("%s above it is no directory in this package: %s", dir, refuse)
	}
	f.parent = dir
	return nil
}

// note adds a path to the list that dpkg keeps.
func (f *filer) note(spelled string) {
	if spelled == "/" {
		spelled = "/."
	}
	if f.listed[spelled] {
		return
	}
	f.listed[spelled] = true
	f.list.WriteString(spelled)
	f.list.WriteByte('\n')
}

func (f *filer) write(t *tar.Reader, h *tar.Header, file *layer.File) error {
	var err error
	switch file.Type {
	case layer.Regular:
		err = f.regular(t, h, file)
	case layer.Dir:
		err = f.sink.mkdir(file.Path, file.Mode, file.MTime)
	case layer.Symlink:
		file.Link, file.Mode = h.Linkname, 0o777
		if h.Linkname == "" || len(h.Linkname) > maxPath || strings.Contains(h.Linkname, "\x00") {
			return errors.New("its target is empty or too long: " + refuse)
		}
		err = f.sink.symlink(file.Path, h.Linkname, file.MTime)
	case layer.Hardlink:
		err = f.hardlink(h, file)
	case layer.Fifo:
		err = f.sink.fifo(file.Path, file.Mode, file.MTime)
	}
	if err != nil {
		return err
	}
	f.files[file.Path] = file
	return nil
}

// hardlink gives a file of this package, which came before, a further name. If
// that is a symbolic link or a fifo, the name becomes one like it.
func (f *filer) hardlink(h *tar.Header, file *layer.File) error {
	target, err := memberPath(h.Linkname)
	if err != nil {
		return fmt.Errorf("the hard link's target %q: %w", h.Linkname, err)
	}
	first := f.files[Canonical(target)]
	if first != nil && first.Type == layer.Hardlink {
		first = f.files[first.Link]
	}
	if first == nil || first.Type == layer.Dir || first.Path == file.Path {
		return fmt.Errorf("it is a hard link to %q, which is no earlier file of the package: %s", h.Linkname, refuse)
	}
	if err := f.sink.link(first.Path, file.Path); err != nil {
		return err
	}
	if first.Type != layer.Regular {
		p := file.Path
		*file = *first
		file.Path, file.At = p, p
		return nil
	}
	file.Link = first.Path
	file.Mode, file.User, file.Group, file.MTime = first.Mode, first.User, first.Group, first.MTime
	f.linked[first.Path] = true
	return nil
}

// regular writes a file, and hashes and looks into it on the way.
func (f *filer) regular(t *tar.Reader, h *tar.Header, file *layer.File) error {
	if f.left -= h.Size; f.left < 0 {
		return fmt.Errorf("with it the package unpacks to far more than its Installed-Size of %s KiB: %s",
			strconv.Quote(f.pkg.Control.Get("Installed-Size")), refuse)
	}
	out, err := f.sink.create(file.Path)
	if err != nil {
		return err
	}
	defer out.Close()
	file.Size = h.Size
	sum, old := sha256.New(), f.md5(file.Path)
	if h.Size <= smallFile {
		err = f.small(t, out, file, io.MultiWriter(sum, old))
	} else {
		err = f.large(t, out, file, io.MultiWriter(sum, old))
	}
	if err != nil {
		return err
	}
	file.Digest = hex.EncodeToString(sum.Sum(nil))
	if i, ok := f.md5s[file.Path]; ok {
		f.pkg.Conffiles[i].MD5 = hex.EncodeToString(old.(hash.Hash).Sum(nil))
	}
	return f.sink.seal(out, file.Path, file.Mode, file.MTime)
}

// md5 is what a conffile's bytes are to be written to besides; dpkg knows
// conffiles by their MD5 (deb-conffiles(5), dpkg's status file).
func (f *filer) md5(p string) io.Writer {
	if _, ok := f.md5s[p]; ok {
		return md5.New()
	}
	return io.Discard
}

func (f *filer) small(t *tar.Reader, out *os.File, file *layer.File, sum io.Writer) error {
	data := f.buf[:file.Size]
	if _, err := io.ReadFull(t, data); err != nil {
		return err
	}
	sum.Write(data) // hashes do not fail
	file.Facts = layer.FactsOf(bytes.NewReader(data), file.Size)
	_, err := out.Write(data)
	return err
}

func (f *filer) large(t *tar.Reader, out *os.File, file *layer.File, sum io.Writer) error {
	n, err := io.CopyBuffer(io.MultiWriter(sum, onlyWriter{out}), onlyReader{t}, f.buf)
	if err != nil {
		return err
	}
	if n != file.Size {
		return errTruncated
	}
	file.Facts = layer.FactsOf(out, file.Size)
	return nil
}

// onlyReader and onlyWriter hide the methods by which io.Copy would go another
// way than through its buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// finish gives the directories their modes and times, the lowest first, and
// hands over the index.
func (f *filer) finish() error {
	if err := f.sink.finish(f.files["/"]); err != nil {
		return err
	}
	x := f.pkg.Index
	x.Files = make([]*layer.File, 0, len(f.files))
	for _, file := range f.files {
		x.Files = append(x.Files, file)
	}
	x.Files = x.Tree().Files()
	return nil
}

func (f *filer) writeList() error {
	if err := f.claim(listFile); err != nil {
		return err
	}
	f.pkg.Index.Meta[metaList] = digest(f.list.Bytes())
	if err := os.WriteFile(f.path(listFile), f.list.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Chtimes(f.path(listFile), f.time, f.time)
}
