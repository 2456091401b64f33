// Package deb reads Debian binary packages (deb(5)) and unpacks each to a
// package tree: its files below root/, its control members below control/, the
// list of its paths as dpkg keeps it, and an index of what a plain user's file
// system cannot hold, such as owners.
//
// It takes every byte for hostile: nothing is written outside the directory it
// was given, whatever a package says, and every refusal is one sentence with
// the package's name and what to do. It runs no script, asks no network and
// knows neither archives nor the store: whoever calls it has checked the
// package's digest and keeps the result.
package deb

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// A Package is an unpacked package: what [Unpack] made or [Open] found in Dir.
//
//	Dir/root/      the files, merged-/usr paths where the links lead
//	Dir/control/   the members of its control archive, as they are
//	Dir/list       its paths in the archive's spelling and order, as dpkg's info/NAME.list
//	Dir/index      Index, as layer.WriteIndex writes it
//
// Index has the files with owners' names, digests, facts and Origin; its Meta
// holds "package", "version", "arch", "control NAME" (the SHA-256 of each
// control member), "list" (the SHA-256 of Dir/list) and "conffile PATH" (see
// [Conffile]), so that the index's digest stands for the whole Dir.
type Package struct {
	Dir       string
	Control   Control
	Conffiles []Conffile // in the package's order
	Index     *layer.Index
}

// A Conffile is a line of a package's conffiles member (deb-conffiles(5)).
type Conffile struct {
	Path   string // as the package spells it
	MD5    string // of the bytes that the package ships; empty if it ships none
	Remove bool   // remove-on-upgrade
}

// Origin is where the package's files say they come from.
func (p *Package) Origin() layer.Origin {
	return layer.Origin{Kind: layer.FromPackage, Name: p.Control.Name, What: p.Control.Version}
}

// Root is the directory that an overlay mount takes as a layer.
func (p *Package) Root() string { return filepath.Join(p.Dir, rootDir) }

// ControlDir is the directory of the control members.
func (p *Package) ControlDir() string { return filepath.Join(p.Dir, controlDir) }

// ListFile is the file that dpkg would keep as info/NAME.list.
func (p *Package) ListFile() string { return filepath.Join(p.Dir, listFile) }

// Has reports whether the package has that control member: "preinst", "triggers".
func (p *Package) Has(member string) bool {
	_, ok := p.Index.Meta[metaControl+member]
	return ok
}

// WithoutScripts is the package with its files and without what dpkg would run
// for it (deb-control(7)): what other packages wait for, it still says.
func (p *Package) WithoutScripts() *Package {
	q, index := *p, *p.Index
	index.Meta = maps.Clone(p.Index.Meta)
	for _, script := range []string{"config", "preinst", "postinst", "prerm", "postrm"} {
		delete(index.Meta, metaControl+script)
	}
	q.Index = &index
	return &q
}

// Member returns the bytes of a control member, or nil if there is none.
func (p *Package) Member(name string) ([]byte, error) {
	if !p.Has(name) {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(p.ControlDir(), name))
	if err != nil {
		return nil, fmt.Errorf("read control member of %s: %w", p.Control.Name, err)
	}
	return data, nil
}

// The names inside a package tree, and the keys of its index's Meta.
const (
	rootDir    = "root"
	controlDir = "control"
	listFile   = "list"
	indexFile  = "index"

	metaPackage  = "package"
	metaVersion  = "version"
	metaArch     = "arch"
	metaList     = "list"
	metaControl  = "control "
	metaConffile = "conffile "
)

// Open reads a package tree that [Unpack] made.
func Open(dir string) (*Package, error) {
	text, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		return nil, fmt.Errorf("open package tree: %w", err)
	}
	index, err := layer.ParseIndex(string(text))
	if err != nil {
		return nil, fmt.Errorf("open package tree %s: %w", dir, err)
	}
	p := &Package{Dir: dir, Index: index}
	control, err := os.ReadFile(filepath.Join(dir, controlDir, "control"))
	if err != nil {
		return nil, fmt.Errorf("open package tree: %w", err)
	}
	if p.Control, err = ParseControl(control); err != nil {
		return nil, fmt.Errorf("open package tree %s: %w", dir, err)
	}
	conffiles, err := p.Member("conffiles")
	if err != nil {
		return nil, err
	}
	p.Conffiles = parseConffiles(conffiles)
	for i := range p.Conffiles {
		p.Conffiles[i].MD5 = index.Meta[metaConffile+p.Conffiles[i].Path]
	}
	return p, nil
}

// parseConffiles reads a conffiles member: one path a line, with or without a
// flag before it. dpkg takes no relative path and no other flag; such a line
// names no file that could be a conffile, and is left out.
func parseConffiles(text []byte) []Conffile {
	var list []Conffile
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		path, remove := strings.CutPrefix(line, "remove-on-upgrade ")
		path = strings.TrimLeft(path, " \t")
		if strings.HasPrefix(path, "/") {
			list = append(list, Conffile{Path: path, Remove: remove})
		}
	}
	return list
}

// Members are the names of the control members, sorted.
func (p *Package) Members() []string {
	var names []string
	for key := range p.Index.Meta {
		if name, ok := strings.CutPrefix(key, metaControl); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// List are the package's paths in the archive's spelling and order, the root as
// "/.".
func (p *Package) List() ([]string, error) {
	text, err := os.ReadFile(p.ListFile())
	if err != nil {
		return nil, fmt.Errorf("read list of %s: %w", p.Control.Name, err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}
