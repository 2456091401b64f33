package layer

import (
	"path"
	"slices"
	"strings"
)

// library finds the library that f needs, as ld.so would.
func (c *Closure) library(f *File, soname string) {
	n := Need{By: f.Path, Kind: NeedLibrary, Want: soname}
	p := c.search(f, soname)
	if p == "" && c.provide(f, n, soname) {
		p = c.search(f, soname)
	}
	if p == "" {
		p = c.loaded(f, soname)
	}
	if _, _, ok := c.follow(n, p); !ok {
		c.miss(n)
	}
}

// search looks where ld.so does, ld.so(8): RUNPATH, then ld.so.conf's
// directories, then the default ones. Libraries of other machines are passed
// over.
func (c *Closure) search(f *File, soname string) string {
	machine := f.Facts.Machine
	if strings.Contains(soname, "/") {
		return c.isLibrary(path.Join("/", soname), machine)
	}
	for _, dir := range f.Facts.Runpath {
		dir = expand(dir, path.Dir(f.Path), machine)
		if !strings.HasPrefix(dir, "/") {
			continue // relative to where a process happens to be
		}
		if p := c.isLibrary(path.Join(dir, soname), machine); p != "" {
			return p
		}
	}
	key := machine + " " + soname
	p, known := c.libs[key]
	if !known {
		p = c.searchDirs(soname, machine)
		c.libs[key] = p
	}
	return p
}

func (c *Closure) searchDirs(soname, machine string) string {
	for _, dir := range slices.Concat(c.dirs, defaultDirs(machine)) {
		if p := c.isLibrary(path.Join(dir, soname), machine); p != "" {
			return p
		}
	}
	return ""
}

// isLibrary returns p if a library for that machine is there.
func (c *Closure) isLibrary(p, machine string) string {
	_, f, err := c.Tree.Resolve(p)
	if err != nil || f == nil {
		return ""
	}
	if f.Type == Hardlink {
		f = c.Tree.Get(f.Link)
	}
	if f == nil || f.Type != Regular || f.Facts == nil || f.Facts.Machine != machine {
		return ""
	}
	return p
}

// loaded finds a library that f can count on to be in the process already: one
// in the same package, or in its own private directory, that who loads f with
// dlopen has loaded before. So do the JRE's libraries with libjvm.so.
func (c *Closure) loaded(f *File, soname string) string {
	if f.Origin.Kind != FromPackage {
		return ""
	}
	if c.bases == nil {
		c.bases = map[string][]string{}
		for l := range c.Tree.All() {
			if l.Type == Regular && l.Facts != nil && l.Facts.Machine != "" {
				base := path.Base(l.Path)
				c.bases[base] = append(c.bases[base], l.Path)
			}
		}
	}
	dir := path.Dir(f.Path)
	private := !slices.Contains(slices.Concat(c.dirs, defaultDirs(f.Facts.Machine)), dir)
	for _, p := range c.bases[soname] {
		l := c.Tree.Get(p)
		if l.Facts.Machine == f.Facts.Machine && (l.Origin.Name == f.Origin.Name || private && Below(p, dir)) {
			return p
		}
	}
	return ""
}
