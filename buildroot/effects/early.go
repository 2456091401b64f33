package effects

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// An Early is a change that is made before maintainer scripts see the file: when
// a wave is unpacked, or, if a script makes the file, when that script has ended.
type Early struct {
	Path string // absolute; a glob if Remove
	// Edit returns a file's new bytes from those that it has. If it is nil, the
	// file becomes Data.
	Edit   func(data []byte) ([]byte, error)
	Data   []byte
	Mode   uint32
	Remove bool // instead, what Path names is taken away
}

// metaEarly and a path are a key of an Index's Meta: an edit was made there, of a
// file that had the bytes which are the value.
const metaEarly = "before "

// EditedEarly returns the bytes that a file had before the wave made an early edit
// of it, if the wave did.
func (e *Effects) EditedEarly(path string) (before []byte, ok bool) {
	text, ok := e.Index.Meta[metaEarly+path]
	return []byte(text), ok
}

// early makes the early changes of what the wave unpacks, and of what was there.
func (u *unpacking) early() error {
	for _, c := range u.Early {
		var err error
		p := deb.Canonical(c.Path)
		switch {
		case c.Remove:
			err = u.removeEarly(p)
		case c.Edit != nil:
			err = u.editEarly(c, p)
		case u.ownAlready(p):
		default:
			err = u.putEarly(p, c.Data, c.Mode)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ownAlready reports whether an earlier wave has put the recipe's file there, and
// this one ships no other.
func (u *unpacking) ownAlready(p string) bool {
	_, ships := u.ships[p]
	f := u.below.get(p)
	return !ships && f != nil && f.Origin.Kind == layer.FromUser
}

// putEarly writes a file that is the recipe's.
func (u *unpacking) putEarly(p string, data []byte, mode uint32) error {
	if err := u.mkdirs(path.Dir(p)); err != nil {
		return err
	}
	if err := u.upper.Remove(p[1:]); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := u.upper.WriteFile(p[1:], data, 0o600); err != nil {
		return err
	}
	u.own(p, layer.Regular)
	return u.upper.Chmod(p[1:], fileMode(mode))
}

// own notes that a path of the upper layer is there because of the recipe.
func (u *unpacking) own(p string, t layer.Type) {
	if u.restored == nil {
		u.restored = map[string]*layer.File{}
	}
	u.restored[p] = &layer.File{Path: p, Type: t, User: "root", Group: "root", MTime: u.Epoch, Origin: layer.Origin{Kind: layer.FromUser}}
}

func (u *unpacking) removeEarly(glob string) error {
	paths := slices.Clone(u.sorted)
	for p := range u.below.files {
		if _, ships := u.ships[p]; !ships {
			paths = append(paths, p)
		}
	}
	slices.SortFunc(paths, layer.Compare)
	gone := ""
	for _, p := range paths {
		if gone != "" && layer.Below(p, gone) || !doublestar.MatchUnvalidated(glob, p) {
			continue
		}
		gone = p
		if err := u.upper.RemoveAll(p[1:]); err != nil {
			return err
		}
		if err := u.whiteout(p); err != nil {
			return fmt.Errorf("remove %s: %w", p, err)
		}
		u.own(p, layer.Whiteout)
	}
	return nil
}

// editEarly edits a file that is there already; of another it hears when a
// script has made it.
func (u *unpacking) editEarly(c Early, p string) error {
	s, ships := u.ships[p]
	f := s.file
	if !ships {
		if f = u.below.get(p); slices.ContainsFunc(u.Earlier, func(e *Effects) bool { _, ok := e.EditedEarly(p); return ok }) {
			return nil
		}
	}
	if f == nil || f.Type != layer.Regular {
		return nil
	}
	before, err := u.bytesOf(s, p)
	if _, again := u.run.early[p]; again { // another recipe's
		before, err = u.upper.ReadFile(p[1:])
	}
	if err != nil {
		return err
	}
	data, err := c.Edit(before)
	if err != nil {
		return err
	}
	u.edited(p, before)
	return u.putEarly(p, data, f.Mode)
}

// bytesOf reads a file of the wave, or of those before.
func (u *unpacking) bytesOf(s shippedFile, p string) ([]byte, error) {
	if s.pkg == nil {
		if data, ok := readTop(u.Earlier, p); ok {
			return data, nil
		}
		s.pkg = u.earlier[p]
	}
	if s.pkg == nil {
		return nil, fmt.Errorf("%s: no package has it", p)
	}
	return readIn(s.pkg.Root(), p)
}

// edited notes an early edit, and what the file was before the first one.
func (v *run) edited(p string, before []byte) {
	if v.early == nil {
		v.early = map[string]string{}
	}
	if _, ok := v.early[p]; !ok {
		v.early[p] = string(before)
	}
}

// editMade makes early edits of files that a script has just made, in place,
// while the container waits. What they change is the script's doing.
func (v *run) editMade(ctx context.Context, by doer) error {
	if by.pkg == "" {
		return nil
	}
	done := map[string]bool{}
	for _, c := range v.Early {
		p := deb.Canonical(c.Path)
		if _, ok := v.early[p]; ok && !done[p] || c.Edit == nil {
			continue
		}
		change, ok := v.track.now[p]
		if !ok || v.track.who[p] != by {
			continue
		}
		before, err := v.upper.ReadFile(p[1:])
		if err != nil {
			return err
		}
		data, err := c.Edit(before)
		if err == nil {
			err = v.upper.WriteFile(p[1:], data, fileMode(change.Mode))
		}
		if err != nil {
			return err
		}
		v.edited(p, before)
		done[p] = true
	}
	if len(done) == 0 {
		return nil
	}
	changes, err := v.runner.Scan(ctx, v.jobDir(), v.base)
	if err == nil {
		v.track.see(changes, by, v.base)
	}
	return err
}
