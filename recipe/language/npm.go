package language

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// npmLock is a package-lock.json or npm-shrinkwrap.json of lockfileVersion 2 or
// 3 (docs.npmjs.com, "package-lock.json").
type npmLock struct {
	LockfileVersion int                   `json:"lockfileVersion"`
	Packages        map[string]npmPackage `json:"packages"`
}

type npmPackage struct {
	Name      string   `json:"name"` // where it is not the path's
	Version   string   `json:"version"`
	Resolved  string   `json:"resolved"`
	Integrity string   `json:"integrity"`
	Link      bool     `json:"link"`
	InBundle  bool     `json:"inBundle"`
	Optional  bool     `json:"optional"`
	OS        []string `json:"os"`
	CPU       []string `json:"cpu"`
	Libc      []string `json:"libc"`
}

// npm reads what `npm ci` would fetch. npm looks for the bytes of a package by
// their digest in its cache before it asks anybody, so a cache of these bytes
// alone, without an index of what was asked, is all that it needs.
func (r *reading) npm() {
	var l npmLock
	if err := json.Unmarshal(r.Data, &l); err != nil {
		r.bad(1, "", "%v", err)
		return
	}
	if l.LockfileVersion < 2 {
		r.badAt("lockfileVersion", "run `npm install --package-lock-only` with npm 7 or newer", "lockfileVersion %d has no list of packages", l.LockfileVersion)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(l.Packages)) {
		p := l.Packages[key]
		_, name, installed := cutLast(key, "node_modules/")
		if !installed || p.Link || p.InBundle || p.Optional && !p.fits(r.Arch) || strings.HasPrefix(p.Resolved, "file:") {
			continue
		}
		if p.Name != "" {
			name = p.Name
		}
		r.npmPackage(key, name, p)
	}
}

func (r *reading) npmPackage(key, name string, p npmPackage) {
	place := fmt.Sprintf("%q:", key)
	item := Item{Name: name + " " + p.Version, URL: p.Resolved}
	switch {
	case strings.HasPrefix(p.Resolved, "git+"), strings.HasPrefix(p.Resolved, "git:"):
		r.badAt(place, "depend on a published version, or on the URL of an archive", "%s comes from git, without a digest of its bytes", item.Name)
		return
	case p.Integrity == "":
		r.badAt(place, "run `npm install --package-lock-only` again, with npm 7 or newer", "%s has no integrity, so its bytes are anybody's", item.Name)
		return
	case p.Resolved == "":
		r.badAt(place, "run `npm install --package-lock-only --omit-lockfile-registry-resolved=false`", "%s does not say where it comes from (resolved); npm then asks a registry at build time", item.Name)
		return
	}
	if rest, ok := strings.CutPrefix(p.Resolved, publicNPM+"/"); ok {
		item.URL = or(r.Registries.NPM, publicNPM) + "/" + rest
	}
	algorithm, sum, err := strongest(p.Integrity)
	if err != nil {
		r.badAt(place, "", "%s: %v", item.Name, err)
		return
	}
	switch algorithm {
	case "sha512":
		item.SHA512 = sum
	case "sha256":
		item.SHA256 = sum
	default:
		item.SHA1 = sum
	}
	item.At = path.Join("npm/_cacache/content-v2", algorithm, sum[:2], sum[2:4], sum[4:])
	r.add(item)
}

// strongest returns the best digest of a Subresource Integrity string, in hex,
// as npm chooses it.
func strongest(integrity string) (algorithm, sum string, err error) {
	for _, a := range []struct {
		name string
		size int
	}{{"sha512", 64}, {"sha384", 48}, {"sha256", 32}, {"sha1", 20}} {
		for one := range strings.FieldsSeq(integrity) {
			text, ok := strings.CutPrefix(one, a.name+"-")
			text, _, _ = strings.Cut(text, "?")
			raw, err := base64.StdEncoding.DecodeString(text)
			if !ok || err != nil || len(raw) != a.size {
				continue
			}
			if a.name == "sha384" {
				return "", "", fmt.Errorf("integrity %q has no SHA-512, SHA-256 or SHA-1", integrity)
			}
			return a.name, hex.EncodeToString(raw), nil
		}
	}
	return "", "", fmt.Errorf("integrity %q cannot be read", integrity)
}

// fits reports whether an optional package is for Linux on this architecture
// with the GNU C library, as npm judges it.
func (p npmPackage) fits(arch string) bool {
	cpu := map[string]string{"amd64": "x64", "i386": "ia32", "armhf": "arm", "ppc64el": "ppc64"}[arch]
	if cpu == "" {
		cpu = arch
	}
	return allows(p.OS, "linux") && allows(p.CPU, cpu) && allows(p.Libc, "glibc")
}

// allows reads a list of names, or of names that are forbidden by a `!`.
func allows(list []string, name string) bool {
	if len(list) == 0 || slices.Contains(list, "any") {
		return true
	}
	if slices.Contains(list, "!"+name) {
		return false
	}
	return slices.Contains(list, name) || !slices.ContainsFunc(list, func(s string) bool { return !strings.HasPrefix(s, "!") })
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
