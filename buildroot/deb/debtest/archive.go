package debtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/xz"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// An Archive is Debian's, for tests that ask for real packages. It checks no
// signature, and its resolver is only good for sets that have one answer.
type Archive struct {
	URI   string // "http://deb.debian.org/debian"
	Cache string // a directory that is kept between runs

	packages map[string]*deb.Control
	provides map[string][]string
}

// OpenArchive reads the index of a suite, from the cache if it has one that is
// not older than maxAge.
func OpenArchive(ctx context.Context, uri, suite, arch, cache string, maxAge time.Duration) (*Archive, error) {
	a := &Archive{URI: uri, Cache: cache, packages: map[string]*deb.Control{}, provides: map[string][]string{}}
	name := "dists/" + suite + "/main/binary-" + arch + "/Packages.xz"
	if fi, err := os.Stat(a.cached(name)); err == nil && time.Since(fi.ModTime()) > maxAge {
		os.Remove(a.cached(name))
	}
	data, err := a.get(ctx, name, "")
	if err != nil {
		return nil, err
	}
	r := xz.NewReader(bytes.NewReader(data))
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	for stanza := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		c, err := deb.ParseControl([]byte(stanza))
		if err != nil {
			return nil, err
		}
		if err := a.add(c); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Archive) add(c deb.Control) error {
	if old := a.packages[c.Name]; old != nil && relation.Compare(old.Version, c.Version) >= 0 {
		return nil
	}
	a.packages[c.Name] = &c
	list, err := relation.Parse(c.Get("Provides"))
	for _, r := range list {
		if !slices.Contains(a.provides[r.Name], c.Name) {
			a.provides[r.Name] = append(a.provides[r.Name], c.Name)
		}
	}
	return err
}

// Essential are the names of the essential packages.
func (a *Archive) Essential() []string {
	var names []string
	for name, c := range a.packages {
		if c.Essential {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Closure are the packages that names need, themselves included, sorted. Of
// alternatives it takes one that is chosen already, else the first there is.
func (a *Archive) Closure(names ...string) ([]string, error) {
	chosen := map[string]bool{}
	queue := slices.Clone(names)
	for _, n := range names {
		if a.packages[n] == nil {
			return nil, fmt.Errorf("no package %s", n)
		}
		chosen[n] = true
	}
	for len(queue) > 0 {
		c := a.packages[queue[0]]
		queue = queue[1:]
		for _, field := range []string{"Pre-Depends", "Depends"} {
			list, err := relation.Parse(c.Get(field))
			if err != nil {
				return nil, err
			}
			for len(list) > 0 {
				n := slices.IndexFunc(list, func(r relation.Relation) bool { return !r.Or }) + 1
				name, err := a.choose(list[:n], chosen)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", c.Name, err)
				}
				list = list[n:]
				if !chosen[name] {
					chosen[name] = true
					queue = append(queue, name)
				}
			}
		}
	}
	var out []string
	for n := range chosen {
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}

func (a *Archive) choose(any []relation.Relation, chosen map[string]bool) (string, error) {
	for _, r := range any {
		for _, name := range append([]string{r.Name}, a.provides[r.Name]...) {
			if chosen[name] {
				return name, nil
			}
		}
	}
	for _, r := range any {
		if a.packages[r.Name] != nil {
			return r.Name, nil
		}
		if p := a.provides[r.Name]; len(p) > 0 {
			return slices.MinFunc(p, func(x, y string) int { return a.rank(x) - a.rank(y) }), nil
		}
	}
	return "", fmt.Errorf("nothing is %s", any[0].Name)
}

// rank is smaller for a package that a plain system rather has (Debian Policy
// 2.5): apt prefers those, too.
func (a *Archive) rank(name string) int {
	return slices.Index([]string{"required", "important", "standard"}, a.packages[name].Get("Priority")) & 7
}

// Fetch returns the files of packages, in order, from the cache or the archive.
func (a *Archive) Fetch(ctx context.Context, names []string) ([]string, error) {
	files := make([]string, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, name := range names {
		c := a.packages[name]
		if c == nil {
			return nil, fmt.Errorf("no package %s", name)
		}
		g.Go(func() error {
			_, err := a.get(ctx, c.Get("Filename"), c.Get("SHA256"))
			files[i] = a.cached(c.Get("Filename"))
			return err
		})
	}
	return files, g.Wait()
}

func (a *Archive) cached(name string) string { return filepath.Join(a.Cache, path.Base(name)) }

// get reads a file of the archive, and checks its digest if it is known.
func (a *Archive) get(ctx context.Context, name, sum string) ([]byte, error) {
	if data, err := os.ReadFile(a.cached(name)); err == nil && (sum == "" || sum256(data) == sum) {
		return data, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URI+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", name, resp.Status)
	}
	if sum != "" && sum256(data) != sum {
		return nil, fmt.Errorf("get %s: SHA-256 %s, not %s", name, sum256(data), sum)
	}
	if err := os.MkdirAll(a.Cache, 0o755); err != nil {
		return nil, err
	}
	tmp := a.cached(name) + fmt.Sprintf(".%d", os.Getpid())
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return nil, err
	}
	return data, os.Rename(tmp, a.cached(name))
}

func sum256(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
