package effects

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// shippedFile is a file of a package.
type shippedFile struct {
	pkg  *deb.Package
	file *layer.File
}

// An unpacking puts a wave's trees into the root, between preinst scripts and
// configuration. The trees themselves are layers; what is left to do is what
// unpacking over existing files would do to them: the package's file wins, but
// for conffiles, diversions are heeded, and of two packages with one file the
// one that says so replaces the other (deb-control(5), Replaces).
type unpacking struct {
	*run
	ships    map[string]shippedFile // of the wave, the one that is to be seen
	sorted   []string               // its paths, in tree order
	conffile map[string]bool
	several  map[string]bool // paths that another package has, too

	earlier map[string]*deb.Package // of earlier waves, who ships what is no directory
	links   map[string]string       // links that stand for a package's directory, and where they lead
	moved   []string                // paths at which the wave's trees do not show what is to be seen
	kept    []string                // directories for which packages have links
}

// unpack carries it out, in the upper layer.
func (v *run) unpack() error {
	u := &unpacking{run: v, ships: map[string]shippedFile{}, conffile: map[string]bool{}, several: map[string]bool{}}
	if err := u.collect(); err != nil {
		return err
	}
	u.sorted = make([]string, 0, len(u.ships))
	for p := range u.ships {
		u.sorted = append(u.sorted, p)
	}
	slices.SortFunc(u.sorted, layer.Compare)
	if err := u.strip(); err != nil {
		return err
	}
	for _, e := range v.Earlier {
		if err := u.uncover(e); err != nil {
			return err
		}
	}
	for _, p := range u.sorted { // wherever others stack them, the right one is on top
		if !u.several[p] || u.ships[p].file.Origin.Kind != layer.FromPackage {
			continue // if an earlier script changed the winner's file, that is on top already
		}
		if err := u.restore(u.ships[p], p); err != nil {
			return err
		}
	}
	if err := u.move(); err != nil {
		return err
	}
	if err := u.divert(); err != nil {
		return err
	}
	if err := u.early(); err != nil {
		return err
	}
	return v.nowUnpacked()
}

// move lays what is not where the wave's trees have it, and what their links
// would hide.
func (u *unpacking) move() error {
	for _, dir := range u.kept {
		if err := u.keepDir(dir); err != nil {
			return err
		}
	}
	slices.SortFunc(u.moved, layer.Compare)
	for _, p := range u.moved {
		s := u.ships[p]
		if s.file.Type != layer.Dir {
			if s.pkg == nil { // a script's link: it is on top already
				continue
			}
			if err := u.restore(s, p); err != nil {
				return err
			}
			continue
		}
		if err := u.mkdirs(p); err != nil {
			return err
		}
		u.laid(p, layer.Dir, s.pkg, s.file)
	}
	return nil
}

// keepDir lays a directory and all that packages have below it over a package's
// link, which would hide what lies lower.
func (u *unpacking) keepDir(dir string) error {
	if err := u.mkdirs(dir); err != nil {
		return err
	}
	for _, p := range slices.Concat(u.Before, u.Packages) {
		for _, f := range p.Index.Files {
			if f.Path == dir && f.Type == layer.Dir && u.restored[dir] == nil {
				u.laid(dir, layer.Dir, p, f)
			}
			if f.Type == layer.Dir || !layer.Below(f.Path, dir) || u.below.get(f.Path) == nil && u.ships[f.Path].pkg != p {
				continue
			}
			if g := u.below.get(f.Path); g != nil && g.Origin.Kind != layer.FromPackage {
				continue // a script's, which is on top already
			}
			if err := u.restore(shippedFile{p, f}, f.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// nowUnpacked writes the database of the second container.
func (v *run) nowUnpacked() error {
	if err := v.upper.Remove(adminDir + "/status"); err != nil && !os.IsNotExist(err) {
		return err
	}
	dir := filepath.Join(v.database(), adminDir)
	status := statusOf(byName(v.Before), Installed) + statusOf(byName(v.Packages), Unpacked)
	if err := replaceFile(filepath.Join(dir, "status"), []byte(status)); err != nil {
		return err
	}
	names, err := activated(v.Packages, v.Before)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n + " -\n")
	}
	return replaceFile(filepath.Join(dir, "triggers/Unincorp"), []byte(b.String()))
}

func replaceFile(name string, data []byte) error {
	if err := os.Remove(name); err != nil {
		return err
	}
	return writeFile(name, data, 0o644)
}

// strip takes out of the upper layer what the wave's own files replace.
func (u *unpacking) strip() error {
	for _, c := range sortedChanges(u.track.now) {
		if c.Kind == job.Dir && !c.Opaque {
			continue
		}
		s, ships := u.ships[c.Path]
		switch {
		case c.Kind == job.Dir:
			if err := u.fill(c.Path); err != nil {
				return err
			}
		case ships && s.file.Type == layer.Dir || !ships && u.under(c.Path) != nil:
			if err := u.reopen(c.Path, c.Kind == job.Whiteout); err != nil {
				return err
			}
		case ships && !(u.conffile[c.Path] && c.Kind != job.Whiteout):
			if err := u.upper.Remove(c.Path[1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// uncover lays the wave's files over the effects of an earlier wave that would
// hide them.
func (u *unpacking) uncover(e *Effects) error {
	for _, f := range e.Index.Files {
		if f.Type == layer.Dir {
			continue
		}
		s, ships := u.ships[f.Path]
		switch {
		case f.Type == layer.Opaque:
			if err := u.fill(f.Path); err != nil {
				return err
			}
		case ships && s.file.Type == layer.Dir || !ships && u.under(f.Path) != nil:
			if err := u.reopen(f.Path, f.Type == layer.Whiteout); err != nil {
				return err
			}
		case ships && !(u.conffile[f.Path] && f.Type != layer.Whiteout):
			if err := u.restore(s, f.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// under are the wave's paths below a directory.
func (u *unpacking) under(dir string) []string {
	from, found := slices.BinarySearchFunc(u.sorted, dir, layer.Compare)
	if found {
		from++
	}
	to := from
	for to < len(u.sorted) && layer.Below(u.sorted[to], dir) {
		to++
	}
	if to == from {
		return nil
	}
	return u.sorted[from:to]
}

// reopen makes a directory again where a script removed it and the wave has it.
func (u *unpacking) reopen(dir string, removed bool) error {
	if !removed {
		return fmt.Errorf("%s is a directory of %s, and a script made something else of it", dir, u.owner(dir))
	}
	if err := u.upper.Remove(dir[1:]); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := u.mkdirs(dir); err != nil {
		return err
	}
	if err := u.opaque(dir); err != nil {
		return err
	}
	s, ok := u.ships[dir]
	if !ok { // a directory that only its files' paths name
		s = shippedFile{u.ships[u.under(dir)[0]].pkg, &layer.File{User: "root", Group: "root"}}
	}
	u.laid(dir, layer.Opaque, s.pkg, s.file)
	return u.fill(dir)
}

// opaque hides what the layers below have in a directory of the upper one.
func (u *unpacking) opaque(dir string) error {
	f, err := u.upper.Open(dir[1:])
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Fsetxattr(int(f.Fd()), "user.overlay.opaque", []byte("y"), 0); err != nil {
		return fmt.Errorf("%s: make opaque: %w", dir, err)
	}
	return nil
}

func (u *unpacking) owner(p string) string {
	if s, ok := u.ships[p]; ok {
		return s.pkg.Control.Name
	}
	if list := u.under(p); list != nil {
		return u.ships[list[0]].pkg.Control.Name
	}
	return "the wave"
}

// fill puts the wave's files into a directory that hides them.
func (u *unpacking) fill(dir string) error {
	for _, p := range u.under(dir) {
		s := u.ships[p]
		if s.file.Type == layer.Dir {
			if err := u.mkdirs(p); err != nil {
				return err
			}
			continue
		}
		if err := u.restore(s, p); err != nil {
			return err
		}
	}
	return nil
}

// restore puts a copy of a package's file at a path of the upper layer.
func (u *unpacking) restore(s shippedFile, at string) error {
	if err := u.mkdirs(path.Dir(at)); err != nil {
		return err
	}
	if err := u.upper.Remove(at[1:]); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("unpack %s over an earlier effect: %w", s.pkg.Control.Name, err)
	}
	f := *s.file
	if f.Type == layer.Hardlink {
		f = *fileOf(s.pkg, f.Link)
	}
	f.Path = at
	if err := u.copy(s.pkg, &f); err != nil {
		return fmt.Errorf("unpack %s over an earlier effect: %w", s.pkg.Control.Name, err)
	}
	u.laid(at, f.Type, s.pkg, &f)
	return nil
}

// fileOf is a package's file at a path, or nil.
func fileOf(p *deb.Package, at string) *layer.File {
	i, ok := slices.BinarySearchFunc(p.Index.Files, at, func(f *layer.File, at string) int { return layer.Compare(f.Path, at) })
	if !ok {
		return nil
	}
	return p.Index.Files[i]
}

// laid notes that a path of the upper layer, which is no copy of a file, is
// there because of a package.
func (u *unpacking) laid(at string, t layer.Type, p *deb.Package, f *layer.File) {
	if u.restored == nil {
		u.restored = map[string]*layer.File{}
	}
	u.restored[at] = &layer.File{Path: at, Type: t, User: f.User, Group: f.Group, MTime: f.MTime, Origin: p.Origin()}
}

func (u *unpacking) copy(p *deb.Package, f *layer.File) error {
	to := f.Path[1:]
	switch f.Type {
	case layer.Symlink:
		return u.upper.Symlink(f.Link, to)
	case layer.Regular:
	default:
		return fmt.Errorf("%s: a file of type %c", f.Path, f.Type)
	}
	data, err := readIn(p.Root(), f.At)
	if err != nil {
		return err
	}
	if err := u.upper.WriteFile(to, data, 0o600); err != nil {
		return err
	}
	return u.upper.Chmod(to, fileMode(f.Mode))
}

// fileMode makes an fs.FileMode of mode bits as chmod(2) has them.
func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode & 0o777)
	for _, b := range []struct {
		bit uint32
		m   fs.FileMode
	}{{unix.S_ISUID, fs.ModeSetuid}, {unix.S_ISGID, fs.ModeSetgid}, {unix.S_ISVTX, fs.ModeSticky}} {
		if mode&b.bit != 0 {
			m |= b.m
		}
	}
	return m
}

// mkdirs makes a directory and those above it in the upper layer, with the mode
// that the root shows them with.
func (u *unpacking) mkdirs(dir string) error {
	if dir == "/" {
		return nil
	}
	if fi, err := u.upper.Lstat(dir[1:]); err == nil && fi.IsDir() {
		return nil
	}
	if err := u.mkdirs(path.Dir(dir)); err != nil {
		return err
	}
	mode := uint32(0o755)
	if f := u.below.get(dir); f != nil && (f.Type == layer.Dir || f.Type == layer.Opaque) {
		mode = f.Mode
	} else if s, ok := u.ships[dir]; ok {
		mode = s.file.Mode
	}
	if err := u.upper.Mkdir(dir[1:], 0o700); err != nil {
		return err
	}
	return u.upper.Chmod(dir[1:], fileMode(mode))
}

func sortedChanges(m map[string]job.Change) []job.Change {
	out := make([]job.Change, 0, len(m))
	for _, c := range m {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b job.Change) int { return layer.Compare(a.Path, b.Path) })
	return out
}
