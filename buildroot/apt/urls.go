package apt

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// URLs lists where a package of a lock may be had, best first: from the mirrors of
// the workspace's archive of the name that the lock has, and from that archive;
// then from the lock's own; then, for Debian's archives, from where packages of the
// security archive go at a point release, and from Debian's snapshots, which keep
// everything. Any of them may have it no more: its digest decides. Nobody but the
// workspace's archives hears of a package that is not Debian's.
func URLs(l *lock.Lock, p lock.Package, workspace []lock.Archive) []string {
	var urls []string
	add := func(u string) {
		if !slices.Contains(urls, u) {
			urls = append(urls, u)
		}
	}
	for _, a := range workspace {
		if a.Name == p.From {
			for _, uri := range places(a) {
				add(join(uri, p.Path))
			}
		}
	}
	debians := slices.DeleteFunc(slices.Concat(workspace, l.Archives), func(a lock.Archive) bool { return !isDebians(a.Name, workspace) })
	for _, a := range l.Archives {
		if a.Name != p.From {
			continue
		}
		add(join(a.URI, p.Path))
		if isDebians(a.Name, workspace) {
			debianURLs(a, p, debians, add)
		}
	}
	return urls
}

// isDebians reports whether an archive of the workspace bears Debian's signature. A
// lock does not say whose an archive of its own is.
func isDebians(name string, workspace []lock.Archive) bool {
	named := func(a lock.Archive) bool { return a.Name == name }
	signed := func(a lock.Archive) bool { return a.Name == name && len(a.SignedBy) > 0 }
	return slices.ContainsFunc(workspace, named) && !slices.ContainsFunc(workspace, signed)
}

// securityPool is where the security archive has what the main one has in pool/.
const securityPool = "pool/updates/"

// debianURLs are the further places of a package of Debian's own archive a; others
// are all of Debian's.
func debianURLs(a lock.Archive, p lock.Package, others []lock.Archive, add func(string)) {
	if rest, ok := strings.CutPrefix(p.Path, securityPool); ok {
		for _, o := range others {
			if o.Name != a.Name && !strings.HasSuffix(o.Suite, "-security") {
				for _, uri := range places(o) {
					add(join(uri, "pool/"+rest))
				}
			}
		}
	}
	date, err := time.Parse(time.RFC3339, cmp.Or(p.Date, a.Date))
	if err != nil {
		return
	}
	// Snapshots are taken four times a day and stay findable by any later
	// moment; what a Release file names stays in the archive for a day at least.
	at := date.Add(24 * time.Hour).UTC().Format("20060102T150405Z")
	name := "debian"
	if strings.HasSuffix(strings.TrimRight(a.URI, "/"), "/debian-security") {
		name = "debian-security"
	}
	add("https://snapshot.debian.org/archive/" + name + "/" + at + "/" + p.Path)
}

func join(uri, path string) string { return strings.TrimRight(uri, "/") + "/" + path }

// Has reports whether archives still have a package of a lock, by its digest, for
// an architecture: those of a request that brought it in.
func (c *Client) Has(ctx context.Context, archives []lock.Archive, arch string, p lock.Package) (bool, error) {
	arches := []string{arch}
	if p.Arch != arch && p.Arch != "all" {
		arches = append(arches, p.Arch)
	}
	s, err := c.set(ctx, archives, arches)
	if err != nil {
		return false, err
	}
	return find(s.Index, p) != index.None, nil
}
