package effects

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// A diversion is an entry of dpkg's file diversions: where every package but one
// finds a path (dpkg-divert(1)).
type diversion struct {
	from, to string
	by       string // the one package, or ":" for none
}

// parseDiversions reads the file: three lines an entry.
func parseDiversions(text string) []diversion {
	lines := splitLines(text)
	var out []diversion
	for ; len(lines) >= 3; lines = lines[3:] {
		out = append(out, diversion{from: deb.Canonical(lines[0]), to: deb.Canonical(lines[1]), by: lines[2]})
	}
	return out
}

// diversions are those in force after the preinst scripts.
func (v *run) diversions() []diversion {
	const file = adminDir + "/diversions"
	text, err := v.upper.ReadFile(file)
	if err != nil {
		text, _ = readTop(v.Earlier, "/"+file)
	}
	return parseDiversions(string(text))
}

// divertedBy is the package that diverts a path, or "".
func (u *unpacking) divertedBy(p string) string {
	for _, d := range u.diversions() {
		if d.from == p {
			return strings.TrimSuffix(d.by, ":")
		}
	}
	return ""
}

// divert moves the wave's files whose paths another package has diverted: the
// stack shows them where their packages say.
func (u *unpacking) divert() error {
	for _, d := range u.diversions() {
		for _, p := range u.Packages {
			if p.Control.Name == d.by {
				continue
			}
			f := fileOf(p, d.from)
			if f == nil {
				continue
			}
			if err := u.restore(shippedFile{p, f}, d.to); err != nil {
				return err
			}
			if s := u.ships[d.from]; s.pkg != p {
				continue // its diverter's file is there instead
			}
			if err := u.whiteout(d.from); err != nil {
				return fmt.Errorf("divert %s of %s: %w", d.from, p.Control.Name, err)
			}
			u.laid(d.from, layer.Whiteout, p, f)
		}
	}
	return nil
}

// whiteout hides a path of the layers below.
func (u *unpacking) whiteout(p string) error {
	if err := u.mkdirs(path.Dir(p)); err != nil {
		return err
	}
	if err := u.upper.Remove(p[1:]); err != nil && !os.IsNotExist(err) {
		return err
	}
	dir, err := u.upper.Open("." + path.Dir(p))
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Mknodat(int(dir.Fd()), path.Base(p), unix.S_IFCHR, 0)
}
