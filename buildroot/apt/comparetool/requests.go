package main

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// pick returns the name of a random package.
func pick(w *world, r *rand.Rand) string {
	return w.Label(w.Version(r.Uint32N(w.VersionCount())).Name)
}

func random(w *world, r *rand.Rand) []string {
	n := 1 + r.IntN(30)
	if r.IntN(2) == 0 {
		n = 1 + r.IntN(4)
	}
	var request []string
	for range n {
		request = append(request, pick(w, r))
	}
	return request
}

// virtual asks for a name that only Provides have.
func virtual(w *world, r *rand.Rand) []string {
	for {
		p := w.Provide(r.Uint32N(w.ProvideCount()))
		if name := w.NameOf(p.Name); w.Name(p.Name).Versions.Count == 0 && !strings.Contains(name, ":") && !strings.HasPrefix(name, "$") {
			return []string{name}
		}
	}
}

// rivals asks for packages that provide the same name, or for one of them and
// packages that need any.
func rivals(w *world, r *rand.Rand) []string {
	for {
		id := w.Provide(r.Uint32N(w.ProvideCount())).Name
		of := w.ProvidersOf(id)
		if len(of) < 2 {
			continue
		}
		var request []string
		for range 1 + r.IntN(2) {
			request = append(request, w.Label(w.Version(w.Provide(of[r.IntN(len(of))]).Owner).Name))
		}
		for range r.IntN(6) {
			request = append(request, pick(w, r))
		}
		r.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
		return request
	}
}

// conflicts asks for a package and some that its conflicts and breaks name.
func conflicts(w *world, r *rand.Rand) []string {
	for {
		v := r.Uint32N(w.VersionCount())
		request := []string{w.Label(w.Version(v).Name)}
		for _, d := range w.DepsOf(v) {
			id := w.Constraint(d.Constraint()).Name
			if d.Type().Negative() && w.Name(id).Candidate != index.None && r.IntN(2) == 0 {
				request = append(request, w.Label(id))
			}
		}
		if len(request) == 1 {
			continue
		}
		for range r.IntN(5) {
			request = append(request, pick(w, r))
		}
		r.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
		return request
	}
}

// alternatives asks for packages that let others choose, and perhaps for one that
// is not the first choice.
func alternatives(w *world, r *rand.Rand) []string {
	var request []string
	for len(request) < 2 {
		v := r.Uint32N(w.VersionCount())
		var others []string
		for deps := w.DepsOf(v); len(deps) > 0; {
			g := index.Group(deps)
			deps = deps[len(g):]
			for _, d := range g[1:] {
				if id := w.Constraint(d.Constraint()).Name; d.Type().Critical() && w.Name(id).Candidate != index.None {
					others = append(others, w.Label(id))
				}
			}
		}
		if len(others) == 0 {
			continue
		}
		request = append(request, w.Label(w.Version(v).Name))
		if r.IntN(2) == 0 {
			request = append(request, others[r.IntN(len(others))])
		}
	}
	for range r.IntN(6) {
		request = append(request, pick(w, r))
	}
	r.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
	return request
}

// special asks for packages that depend on a name of another kind than a plain
// one: with an architecture, on a version of what only others provide, or before
// they can be unpacked.
func special(w *world, r *rand.Rand) []string {
	kinds := [...]func(index.Dep, *index.Constraint) bool{
		func(_ index.Dep, c *index.Constraint) bool { return strings.Contains(w.NameOf(c.Name), ":") },
		func(_ index.Dep, c *index.Constraint) bool {
			return relation.Op(c.Op) != relation.None && w.Name(c.Name).Versions.Count == 0
		},
		func(d index.Dep, _ *index.Constraint) bool { return d.Type() == index.PreDepends },
	}
	var request []string
	for range 1 + r.IntN(4) {
		is := kinds[r.IntN(len(kinds))]
		for {
			v := r.Uint32N(w.VersionCount())
			if slices.ContainsFunc(w.DepsOf(v), func(d index.Dep) bool {
				return d.Type().Critical() && is(d, w.Constraint(d.Constraint()))
			}) {
				request = append(request, w.Label(w.Version(v).Name))
				break
			}
		}
	}
	for range r.IntN(4) {
		request = append(request, pick(w, r))
	}
	return request
}

// sourcePackage asks for what a source package needs to be built.
func sourcePackage(w *world, r *rand.Rand) []string {
	return w.sources[r.IntN(len(w.sources))]
}

// versions asks for versions by number, older ones too, and for architectures.
func versions(w *world, r *rand.Rand) []string {
	var request []string
	for range 1 + r.IntN(5) {
		v := r.Uint32N(w.VersionCount())
		name := w.Label(w.Version(v).Name)
		switch n := r.IntN(4); {
		case n == 0 && !strings.Contains(name, ":"):
			name += ":" + w.Arch()
		case n == 1:
		default:
			name += "=" + w.VersionOf(v)
		}
		request = append(request, name)
	}
	return request
}

// suited asks for packages of the last of several archives, by suite and without.
func suited(w *world, r *rand.Rand) []string {
	last := w.Inputs()[len(w.Inputs())-1]
	var request []string
	for {
		v := r.Uint32N(w.VersionCount())
		if !w.In(v, last.Codename) {
			continue
		}
		name := w.Label(w.Version(v).Name)
		if r.IntN(4) > 0 {
			name += "/" + last.Codename
		}
		if request = append(request, name); r.IntN(2) == 0 {
			return request
		}
	}
}

// buildDepends asks for relations as source packages have them.
func buildDepends(w *world, r *rand.Rand) []string {
	var request []string
	for range 1 + r.IntN(8) {
		v := r.Uint32N(w.VersionCount())
		name := w.Label(w.Version(v).Name)
		text := name
		switch r.IntN(6) {
		case 0:
			text += " (>= " + upstream(w.VersionOf(v)) + ")"
		case 1:
			text += " (= " + w.VersionOf(v) + ")"
		case 2:
			if !strings.Contains(text, ":") {
				text += ":native"
			}
		case 3:
			text = pick(w, r) + " (<< 0) | " + text
		}
		if r.IntN(3) == 0 {
			text += [...]string{" [linux-any]", " [!hurd-any]", " [" + w.Arch() + "]", " [any-s390x]", " [!linux-any]"}[r.IntN(5)]
		}
		if r.IntN(4) == 0 {
			text += [...]string{" <!nocheck>", " <cross>", " <!nodoc> <stage1>", " <!nocheck !nodoc>"}[r.IntN(4)]
		}
		request = append(request, text)
	}
	return request
}

// upstream is a version without its revision, which dependencies rarely name.
func upstream(version string) string {
	if i := strings.LastIndexByte(version, '-'); i > 0 {
		return version[:i] + "~"
	}
	return version
}
