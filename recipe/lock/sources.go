package lock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
)

// A Pinner finds out what sources are. It uses the network.
type Pinner interface {
	// Pin returns what a source is now: the SHA-256 and size of what the URLs have, or
	// the commit that a repository has under a tag or branch; each address is as good
	// as another. If that is old, what the lock has, nothing more is asked. It may be
	// called by many at a time.
	Pin(ctx context.Context, i *recipe.Instance, s recipe.Source, old Source) (Source, error)
	// Read returns a file of a source; pin is the source's, unless it is a
	// directory.
	Read(ctx context.Context, i *recipe.Instance, s recipe.Source, pin Source, name string) ([]byte, error)
	// Vendor returns what a language's lock file asks for, sorted by URL.
	Vendor(ctx context.Context, kind language.Kind, in language.Input) ([]VendorFile, error)
}

// SourceName is how a lock calls a source: by its first URL, or by the address of
// its repository and what of that it is, "https://example.com/x.git tag v1.0"; ""
// if it is a directory, of which a lock has nothing.
func SourceName(s recipe.Source) string {
	name := ""
	switch {
	case len(s.URLs) > 0:
		return s.URLs[0]
	case len(s.Git) == 0:
		return ""
	case s.Tag != "":
		name = s.Git[0] + " tag " + s.Tag
	case s.Branch != "":
		name = s.Git[0] + " branch " + s.Branch
	default:
		name = s.Git[0] + " commit " + s.Commit
	}
	if s.NoSubmodules {
		name += " without submodules"
	}
	return name
}

// VendorName is how a lock calls what a language's lock file in a source asks
// for on an architecture: "app/package-lock.json amd64".
func VendorName(i *recipe.Instance, s recipe.Source, file string) string {
	if s.Dir != "" {
		return i.SourceDir(s) + "/" + file + " " + i.Arch
	}
	return SourceName(s) + " " + file + " " + i.Arch
}

// A found is what a Pinner said of a source.
type found struct {
	pin Source
	err error
}

// ask has all sources pinned that are not pinned yet, and those that may move: what
// the instances say moves, and the recipe leaves open. All are asked at once.
func (m *maker) ask(ctx context.Context, instances []*recipe.Instance, moves func(*recipe.Instance) bool, p Pinner) {
	follow := map[string]bool{}
	for _, i := range instances {
		for _, s := range i.Sources {
			if moves != nil && open(s) && moves(i) {
				follow[SourceName(s)] = true
			}
		}
	}
	m.found = map[string]*found{}
	var g errgroup.Group // one failure does not stop the others; the Pinner bounds how many work at once
	for _, i := range instances {
		for _, s := range i.Sources {
			name := SourceName(s)
			old, pinned := m.old.Source(name)
			stays := pinned && !follow[name] && (s.Commit == "" || s.Commit == old.Commit)
			if name == "" || s.SHA256 != "" || stays || m.found[name] != nil {
				continue
			}
			f := &found{}
			m.found[name] = f
			g.Go(func() error {
				f.pin, f.err = p.Pin(ctx, i, s, old)
				return nil
			})
		}
	}
	g.Wait()
}

// open reports whether a recipe leaves open what a source is.
func open(s recipe.Source) bool {
	return s.Tag+s.Branch != "" || len(s.URLs) > 0 && s.SHA256+s.SHA512 == ""
}

// sources takes the pins of an instance's sources, and pins what their lock files ask
// for.
func (m *maker) sources(ctx context.Context, i *recipe.Instance, p Pinner) error {
	for _, s := range i.Sources {
		pin, err := m.source(s)
		if err != nil {
			return at(s.Pos, err)
		}
		for _, ref := range s.Vendor {
			if err := m.vendor(ctx, i, s, pin, ref, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// at says where an error is, unless it says so itself.
func at(pos diag.Pos, err error) error {
	if len(diag.Of(err)) > 0 {
		return err
	}
	return fmt.Errorf("%s: %w", pos, err)
}

// pinned returns the pin that a source got before. The new lock is not sorted yet.
func (m *maker) pinned(name string) (Source, bool) {
	at := slices.IndexFunc(m.new.Sources, func(s Source) bool { return s.Name == name })
	if at < 0 {
		return Source{}, false
	}
	return m.new.Sources[at], true
}

// source takes the pin of one source, and returns it even if the recipe has it.
func (m *maker) source(s recipe.Source) (Source, error) {
	name := SourceName(s)
	if name == "" || s.SHA256 != "" {
		return Source{Name: name, SHA256: s.SHA256}, nil
	}
	if pin, done := m.pinned(name); done {
		if s.Commit != "" && s.Commit != pin.Commit {
			return pin, fmt.Errorf("another recipe has it at commit %s, and this one at %s", pin.Commit, s.Commit)
		}
		return pin, nil
	}
	pin, _ := m.old.Source(name)
	if f := m.found[name]; f != nil {
		if f.err != nil {
			return pin, f.err
		}
		pin = f.pin
	}
	m.new.Sources = append(m.new.Sources, pin)
	return pin, nil
}

// vendor pins what one lock file asks for, unless it is what it was.
func (m *maker) vendor(ctx context.Context, i *recipe.Instance, s recipe.Source, pin Source, ref recipe.Ref, p Pinner) error {
	name := VendorName(i, s, ref.Name)
	if _, done := m.new.Vendor(name); done {
		return nil
	}
	old, known := m.old.Vendor(name)
	v := Vendor{Name: name, Of: pin.SHA256}
	if known && old.Of == v.Of {
		m.new.Vendors = append(m.new.Vendors, old)
		return nil
	}
	data, err := p.Read(ctx, i, s, pin, ref.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", ref.Pos, err)
	}
	if v.Of == "" {
		v.Of = digestOf(data)
	}
	if known && old.Of == v.Of {
		m.new.Vendors = append(m.new.Vendors, old)
		return nil
	}
	file := ref.Name
	if s.Dir != "" {
		file = i.SourceDir(s) + "/" + file
	}
	kind, _ := language.KindOf(ref.Name) // the recipe was checked
	if v.Files, err = p.Vendor(ctx, kind, language.Input{File: file, Data: data, Arch: i.Arch}); err != nil {
		return err
	}
	m.new.Vendors = append(m.new.Vendors, v)
	return nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
