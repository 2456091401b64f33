package effects

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/layer"
)

// made unpacks a made-up package.
func made(t testing.TB, d debtest.Deb) *deb.Package {
	t.Helper()
	p, err := deb.Unpack(t.Context(), bytes.NewReader(d.Bytes()), filepath.Join(tempDir(t), d.Name), deb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// next is a wave over the essential set and earlier waves.
func (w *world) next(t *testing.T, v Wave, packages ...debtest.Deb) (*Effects, Wave, error) {
	t.Helper()
	if v.Before == nil {
		v.Before, v.Earlier = w.base, []*Effects{w.essential()}
	}
	for _, d := range packages {
		v.Packages = append(v.Packages, made(t, d))
	}
	e, log, err := runWave(t, w.keeper, v)
	if err != nil {
		return nil, Wave{}, err
	}
	if testing.Verbose() {
		t.Log(log)
	}
	return e, Wave{Before: slices.Concat(v.Before, v.Packages), Earlier: append(slices.Clone(v.Earlier), e)}, nil
}

// shows is what the root of a wave that ended has at a path.
func shows(v Wave, p string) *layer.File { return newBelow(v.Before, v.Earlier).get(p) }

// lineOf is the index's line of a path, without time and digest.
func lineOf(e *Effects, p string) string {
	f := e.Index.Tree().Get(p)
	if f == nil {
		return "nothing"
	}
	s := describe(f, map[string]*layer.File{f.Link: f})
	if f.Type == layer.Regular {
		s = s[:strings.LastIndexByte(s, ' ')]
	}
	return s + " " + f.Origin.Name + " " + f.Origin.What
}

func wantLine(t *testing.T, e *Effects, p, want string) {
	t.Helper()
	if got := lineOf(e, p); got != want {
		t.Errorf("%s is %q, want %q", p, got, want)
	}
}

// describe is all of a file that is compared.
func describe(f *layer.File, all map[string]*layer.File) string {
	if f == nil {
		return "nothing"
	}
	if f.Type == layer.Hardlink {
		g := *all[f.Link]
		g.Path = f.Path
		f = &g
	}
	s := fmt.Sprintf("%c %o %s:%s", f.Type, f.Mode, f.User, f.Group)
	switch f.Type {
	case layer.Regular:
		s += fmt.Sprintf(" %d %.12s", f.Size, f.Digest)
	case layer.Symlink:
		s += " " + f.Link
	}
	return s
}
