package deb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"github.com/ashlar-build/ashlar/layer"
)

// Options bound what a package may make us do. The zero value takes every
// package that Debian has.
type Options struct {
	// Name stands in messages until the package has said its own.
	Name string
	// MaxFiles is how many members a package may have: 1,000,000 if zero.
	MaxFiles int
	// MaxBytes is how much a package may unpack to: 64 GiB if zero. The
	// package's own Installed-Size bounds it too, see installedFactor.
	MaxBytes int64
	// Sequential does without a goroutine that decompresses ahead.
	Sequential bool
}

const (
	defaultMaxFiles = 1_000_000
	defaultMaxBytes = 64 << 30

	// maxControl is how large all control members together may be. The largest
	// of trixie, linux-headers' md5sums and lists of symbols, are below 3 MiB.
	maxControl = 64 << 20

	// A package may unpack to installedFactor times what its Installed-Size
	// says and installedSlack more. The field counts in KiB what files took at
	// build time (deb-substvars(5)); third parties' packages are often careless
	// about it, but not by this much.
	installedFactor = 4
	installedSlack  = 1 << 30

	// maxPadding is what may lie behind the end of an archive. tar pads to 10 KiB
	// unless it is told otherwise.
	maxPadding = 1 << 20

	// tarOverhead is what a member may take of the archive beside its bytes: a
	// header, padding, and a long name and link with headers of their own.
	tarOverhead = 16 << 10
)

// Unpack reads a package from r to its end and writes it to dir, which is made
// if it is missing and must hold nothing of another package. See [Package] for
// what is then there: modes and times are the archive's, everything belongs to
// the caller, and owners' names are in the index. Paths that go through
// merged-/usr links are unpacked to where the links lead (see [Canonical]).
//
// On any error, an [*Error], nothing of it stays in dir.
func Unpack(ctx context.Context, r io.Reader, dir string, opts Options) (*Package, error) {
	u := &unpacker{opts: opts, pkg: &Package{Dir: dir, Index: &layer.Index{Meta: map[string]string{}}}}
	u.defaults()
	err := u.run(ctx, r)
	if err == nil {
		return u.pkg, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	name := u.pkg.Control.Name
	if name == "" {
		name = u.opts.Name
	}
	return nil, &Error{Package: name, Err: errors.Join(err, u.undo())}
}

// An Error is why a package could not be unpacked.
type Error struct {
	Package string
	Err     error
}

func (e *Error) Error() string { return "unpack " + e.Package + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// An unpacker is the state of one Unpack.
type unpacker struct {
	opts Options
	pkg  *Package
	made []string  // what of dir is ours, to be removed on error
	time time.Time // of the control member, for what the package has no time for
}

func (u *unpacker) defaults() {
	if u.opts.Name == "" {
		u.opts.Name = "package"
	}
	if u.opts.MaxFiles == 0 {
		u.opts.MaxFiles = defaultMaxFiles
	}
	if u.opts.MaxBytes == 0 {
		u.opts.MaxBytes = defaultMaxBytes
	}
}

func (u *unpacker) run(ctx context.Context, r io.Reader) error {
	if err := os.MkdirAll(u.pkg.Dir, 0o755); err != nil {
		return err
	}
	a, err := newArReader(r)
	if err != nil {
		return err
	}
	if err := u.format(a); err != nil {
		return err
	}
	if err := u.part(ctx, a, "control.tar", u.control); err != nil {
		return err
	}
	if err := u.part(ctx, a, "data.tar", u.data); err != nil {
		return err
	}
	// deb(5) lets further members follow; dpkg ignores them, as we do.
	return u.writeIndex()
}

// format reads the first member, which says the format's version.
func (u *unpacker) format(a *arReader) error {
	name, err := a.next()
	if err != nil {
		return ended(err)
	}
	if name != "debian-binary" {
		return fmt.Errorf("its first member is %.16q, not debian-binary: this is no Debian package", name)
	}
	text, err := io.ReadAll(io.LimitReader(a, 64))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(text), "2.") {
		line, _, _ := strings.Cut(string(text), "\n")
		return fmt.Errorf("it has version %.20q of the package format, and this ashlar reads 2.0", line)
	}
	return nil
}

// part finds the next member, which is to be the tar archive base in some
// compression, and has it read. Members whose names begin with an underscore
// may stand before it (deb(5)).
func (u *unpacker) part(ctx context.Context, a *arReader, base string, read func(context.Context, io.Reader) error) error {
	name, err := a.next()
	for err == nil && strings.HasPrefix(name, "_") {
		name, err = a.next()
	}
	if err != nil {
		return ended(err)
	}
	if !strings.HasPrefix(name, base) {
		return fmt.Errorf("member %.16q stands where %s should: fetch the package again", name, base)
	}
	tar, err := decompress(a, name, base)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, damaged(err))
	}
	defer tar.Close()
	in := io.Reader(tar)
	if !u.opts.Sequential {
		ahead := readAhead(ctx, tar)
		defer ahead.Close() // before tar, which it reads
		in = ahead
	}
	in = &source{in}
	if err = read(ctx, in); err == nil {
		err = drain(in)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, damaged(err))
	}
	return nil
}

// drain reads what is behind the end of a tar archive, which is padding: only
// then has the decompressor compared its checksum.
func drain(r io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, maxPadding))
	if err == nil && n == maxPadding {
		return fmt.Errorf("more than %d MiB lie behind the end of the archive: %s", maxPadding>>20, refuse)
	}
	return err
}

// ended makes an error of an archive that ends where a member should come.
func ended(err error) error {
	if err == io.EOF {
		return errTruncated
	}
	return err
}

func (u *unpacker) path(name string) string { return filepath.Join(u.pkg.Dir, name) }

// claim notes that name in dir is going to be ours, which must not be there.
func (u *unpacker) claim(name string) error {
	if _, err := os.Lstat(u.path(name)); err == nil {
		return fmt.Errorf("%s is there already: unpack to an empty directory", u.path(name))
	}
	u.made = append(u.made, name)
	return nil
}

func (u *unpacker) undo() error {
	var errs []error
	for _, name := range u.made {
		errs = append(errs, rmtree.Remove(u.path(name)))
	}
	return errors.Join(errs...)
}

func (u *unpacker) writeIndex() error {
	c, meta := &u.pkg.Control, u.pkg.Index.Meta
	meta[metaPackage], meta[metaVersion], meta[metaArch] = c.Name, c.Version, c.Arch
	for _, f := range u.pkg.Conffiles {
		if f.MD5 != "" {
			meta[metaConffile+f.Path] = f.MD5
		}
	}
	if err := u.claim(indexFile); err != nil {
		return err
	}
	f, err := os.OpenFile(u.path(indexFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(layer.WriteIndex(f, u.pkg.Index), f.Close())
}

// digest is the SHA-256 of data in hex.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
