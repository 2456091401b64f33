// Package release reads an archive's Release file and decides whether it is to
// be believed: whose signature it bears, whether it is of the suite that was
// asked for, and whether it is neither from the future nor expired.
//
// The format is that of Debian's repository format page
// (https://wiki.debian.org/DebianRepository/Format). Only SHA-256 counts among
// the digests. The package asks no network and keeps nothing.
package release

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
)

// A Release is what a Release file says.
type Release struct {
	Suite, Codename string
	Date            time.Time
	ValidUntil      time.Time // zero if it does not expire

	NotAutomatic         bool // nothing comes from here unless it is asked for
	ButAutomaticUpgrades bool // but what came from here is kept up to date
	ByHash               bool // files can be had by their digest

	Architectures []string
	Components    []string
	AllApart      bool // packages for all architectures have Packages files of their own
	allTogether   bool // they are in those of each architecture too

	Files map[string]File // the Packages files, by path below the Release file
}

// A File is one file of the archive.
type File struct {
	SHA256 string
	Size   int64
}

// Parse reads a Release file, whose signature was checked.
func Parse(text []byte) (*Release, error) {
	r := deb822.NewReader(text)
	rel := &Release{Files: map[string]File{}}
	if !r.Stanza() {
		return nil, errors.Join(errors.New("the Release file is empty"), r.Err())
	}
	for r.Field() {
		if err := rel.field(r.Current()); err != nil {
			return nil, fmt.Errorf("the Release file is not readable: %w", err)
		}
	}
	rel.AllApart = slices.Contains(rel.Architectures, "all") && !rel.allTogether
	switch {
	case r.Err() != nil:
		return nil, fmt.Errorf("the Release file is not readable: %w", r.Err())
	case rel.Date.IsZero():
		return nil, errors.New("the Release file has no Date")
	case len(rel.Files) == 0:
		return nil, errors.New("the Release file names no Packages file by SHA256")
	}
	return rel, nil
}

// field takes one field in.
func (r *Release) field(f deb822.Field) error {
	value := strings.Clone(f.Value) // what is kept must not keep the file
	var err error
	switch strings.ToLower(f.Name) {
	case "suite":
		r.Suite = value
	case "codename":
		r.Codename = value
	case "date":
		r.Date, err = parseDate(value)
	case "valid-until":
		r.ValidUntil, err = parseDate(value)
	case "notautomatic":
		r.NotAutomatic = value == "yes"
	case "butautomaticupgrades":
		r.ButAutomaticUpgrades = value == "yes"
	case "acquire-by-hash":
		r.ByHash = value == "yes"
	case "architectures":
		r.Architectures = strings.Fields(value)
	case "no-support-for-architecture-all":
		r.allTogether = slices.Contains(strings.Fields(value), "Packages")
	case "components":
		r.Components = strings.Fields(value)
	case "sha256":
		err = r.files(value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

// files reads the lines of digests and keeps those of Packages files.
func (r *Release) files(lines string) error {
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 3 {
			return fmt.Errorf("%.80q is not a digest, a size and a path", strings.TrimSpace(line))
		}
		name := words[2]
		if base := path.Base(name); base != "Packages" && !strings.HasPrefix(base, "Packages.") {
			continue
		}
		size, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil || size < 0 {
			return fmt.Errorf("%s has the size %.30q", name, words[1])
		}
		digest := strings.ToLower(words[0])
		if !isSHA256(digest) {
			return fmt.Errorf("%s has the digest %.80q", name, words[0])
		}
		if !localPath(name) {
			return fmt.Errorf("%.80q leads out of the archive", name)
		}
		r.Files[name] = File{SHA256: digest, Size: size}
	}
	return nil
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// localPath reports whether a path stays below where it begins.
func localPath(name string) bool {
	return name == path.Clean(name) && name[0] != '/' && name != ".." && !strings.HasPrefix(name, "../")
}

// parseDate reads RFC 5322 dates as Release files have them; the zone is UTC,
// whatever it is called.
func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if zone, offset := t.Zone(); offset == 0 && zone != "UTC" && zone != "GMT" && zone != "Z" && zone != "" {
			break // a zone by name whose offset nobody knows
		}
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%.60q is no date in UTC", s)
}

// Packages returns the Packages files to read for an architecture: one a
// component, then those for all architectures if the archive keeps them apart.
// Each is the path without the ending of a compression.
func (r *Release) Packages(components []string, arch string) ([]string, error) {
	if len(components) == 0 {
		return []string{"Packages"}, nil
	}
	var missing []string
	for _, c := range components {
		if len(r.Components) > 0 && !slices.Contains(r.Components, c) && !r.has(c+"/binary-"+arch+"/Packages") {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return nil, &MissingError{What: "component", Want: missing, Have: r.Components}
	}
	var all []string
	for _, a := range []string{arch, "all"} {
		if a == "all" && !r.AllApart {
			break
		}
		for _, c := range components {
			if name := c + "/binary-" + a + "/Packages"; r.has(name) {
				all = append(all, name)
			} else if a == arch && !(r.AllApart && r.has(c+"/binary-all/Packages")) {
				return nil, &MissingError{What: "Packages file for", Want: []string{arch}, Have: r.Architectures}
			}
		}
	}
	return all, nil
}

// has reports whether the archive has a file in some compression.
func (r *Release) has(name string) bool {
	_, _, err := r.Best(name)
	return err == nil
}

// Endings are those of the compressions that can be read, best first.
func Endings() []string { return []string{".xz", ".zst", ".gz", ""} }

// Best returns the ending and the file of the best compression of a Packages
// file.
func (r *Release) Best(name string) (ending string, f File, err error) {
	for _, ending := range Endings() {
		if f, ok := r.Files[name+ending]; ok {
			return ending, f, nil
		}
	}
	return "", File{}, &MissingError{What: "file", Want: []string{name}}
}

// A MissingError says what an archive does not have.
type MissingError struct {
	What       string
	Want, Have []string
}

func (e *MissingError) Error() string {
	text := fmt.Sprintf("it has no %s %s", e.What, strings.Join(e.Want, ", "))
	if len(e.Have) > 0 {
		text += ": it has " + strings.Join(e.Have, ", ")
	}
	return text
}

// clockSkew is how far ahead of ours an archive's clock may be.
const clockSkew = 5 * time.Minute

// Check judges a Release file that was asked for as suite, at a time: its name
// and its dates. A suite that ends in "/" is a directory, which has no name.
func (r *Release) Check(suite string, now time.Time) error {
	if !r.named(suite) {
		return fmt.Errorf("it is of suite %q, codename %q, and not of %q: correct the suite, or the mirror serves another one there", r.Suite, r.Codename, suite)
	}
	if r.Date.After(now.Add(clockSkew)) {
		return fmt.Errorf("it is dated %s, which is in the future: set this machine's clock, which says %s", day(r.Date), day(now))
	}
	if !r.ValidUntil.IsZero() && now.After(r.ValidUntil) {
		return fmt.Errorf("it was valid until %s: the mirror is behind, use another one; or this machine's clock, which says %s, is ahead", day(r.ValidUntil), day(now))
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// named reports whether the Release is of a suite. One that names none is of any.
func (r *Release) named(suite string) bool {
	if strings.HasSuffix(suite, "/") || r.Suite == "" && r.Codename == "" {
		return true
	}
	first, _, _ := strings.Cut(suite, "/") // "buster/updates", as Debian once had
	return slices.Contains([]string{suite, first}, r.Suite) || slices.Contains([]string{suite, first}, r.Codename)
}
