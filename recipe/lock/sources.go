package lock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/language"
)

// A Pinner finds out what sources are. It uses the network.
type Pinner interface {
	// Pin returns the SHA-256 and size of what the URLs, of which each is as good
	// as another, have now.
	Pin(ctx context.Context, i *recipe.Instance, s recipe.Source) (Source, error)
	// Read returns a file of a source; pin is the source's, unless it is a
	// directory.
	Read(ctx context.Context, i *recipe.Instance, s recipe.Source, pin Source, name string) ([]byte, error)
	// Vendor returns what a language's lock file asks for, sorted by URL.
	Vendor(ctx context.Context, kind language.Kind, in language.Input) ([]VendorFile, error)
}

// VendorName is how a lock calls what a language's lock file in a source asks
// for on an architecture: "app/package-lock.json amd64".
func VendorName(i *recipe.Instance, s recipe.Source, file string) string {
	if s.Dir != "" {
		return i.SourceDir(s) + "/" + file + " " + i.Arch
	}
	return s.URLs[0] + " " + file + " " + i.Arch
}

// sources pins the sources of an instance that have no SHA-256 of their own, and
// what their lock files ask for.
func (m *maker) sources(ctx context.Context, i *recipe.Instance, p Pinner) error {
	for _, s := range i.Sources {
		pin, err := m.source(ctx, i, s, p)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Pos, err)
		}
		for _, ref := range s.Vendor {
			if err := m.vendor(ctx, i, s, pin, ref, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// pinned returns the pin that a source got before. The new lock is not sorted yet.
func (m *maker) pinned(url string) (Source, bool) {
	at := slices.IndexFunc(m.new.Sources, func(s Source) bool { return s.URL == url })
	if at < 0 {
		return Source{}, false
	}
	return m.new.Sources[at], true
}

// source pins one source, and returns the pin even if the recipe has it.
func (m *maker) source(ctx context.Context, i *recipe.Instance, s recipe.Source, p Pinner) (Source, error) {
	if len(s.URLs) == 0 {
		return Source{}, nil
	}
	pin := Source{URL: s.URLs[0], SHA256: s.SHA256}
	if s.SHA256 != "" {
		return pin, nil
	}
	if pin, done := m.pinned(s.URLs[0]); done {
		return pin, nil
	}
	pin, ok := m.old.Source(s.URLs[0])
	if !ok {
		var err error
		if pin, err = p.Pin(ctx, i, s); err != nil {
			return pin, err
		}
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
