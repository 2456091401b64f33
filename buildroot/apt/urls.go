package apt

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// URLs lists where a package of a lock may be had, best first: from the
// workspace's archive of the name that the lock has, then from the lock's own,
// then, for Debian's archives, where packages of the security archive go at a
// point release, and from Debian's snapshots, which keep everything. Any of them
// may have it no more: its digest decides.
func URLs(l *lock.Lock, p lock.Package, workspace []lock.Archive) []string {
	var urls []string
	add := func(u string) {
		if !slices.Contains(urls, u) {
			urls = append(urls, u)
		}
	}
	for _, list := range [][]lock.Archive{workspace, l.Archives} {
		for _, a := range list {
			if a.Name == p.From {
				add(join(a.URI, p.Path))
			}
		}
	}
	for _, a := range l.Archives {
		if a.Name == p.From && len(a.SignedBy) == 0 {
			debianURLs(a, p, append(slices.Clone(workspace), l.Archives...), add)
		}
	}
	return urls
}

// securityPool is where the security archive has what the main one has in pool/.
const securityPool = "pool/updates/"

// debianURLs are the further places of a package of Debian's own archive a.
func debianURLs(a lock.Archive, p lock.Package, others []lock.Archive, add func(string)) {
	if rest, ok := strings.CutPrefix(p.Path, securityPool); ok {
		for _, o := range others {
			if len(o.SignedBy) == 0 && o.Name != a.Name && !strings.HasSuffix(o.Suite, "-security") {
				add(join(o.URI, "pool/"+rest))
			}
		}
	}
	date, err := time.Parse(time.RFC3339, a.Date)
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
	s, err := c.set(ctx, archives, arch)
	if err != nil {
		return false, err
	}
	id := s.Find(p.Name)
	if id == index.None {
		return false, nil
	}
	vs := s.Names[id].Versions
	for v := vs.First; v < vs.End(); v++ {
		if hex.EncodeToString(s.Versions[v].SHA256[:]) == p.SHA256 {
			return true, nil
		}
	}
	return false, nil
}
