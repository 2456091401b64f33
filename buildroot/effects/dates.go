package effects

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// dates returns the date of each package of a root by name: SOURCE_DATE_EPOCH for
// its scripts, and the time of what they write. It is the time of the newest file
// among its own and those that its triggers wait for: which other packages are in
// the root changes nothing, so that what a script made before is made again, byte
// for byte, when only others have moved.
//
// Files of packages that it has triggers for count because a cache has to be at
// least as new as what it was made of: GTK and man-db compare the times,
// fontconfig writes down that of a directory, if it is not after
// SOURCE_DATE_EPOCH.
func dates(packages []*deb.Package) (map[string]int64, error) {
	own := make([]int64, len(packages))
	triggers := make([][]trigger, len(packages))
	activated := map[string]int64{} // by name, the newest file of who activates it
	for i, p := range packages {
		for _, f := range p.Index.Files {
			own[i] = max(own[i], f.MTime)
		}
		var err error
		if triggers[i], err = triggersOf(p); err != nil {
			return nil, err
		}
		for _, t := range triggers[i] {
			if t.activate {
				activated[t.name] = max(activated[t.name], own[i])
			}
		}
	}
	all := make(map[string]int64, len(packages))
	for i, p := range packages {
		date := own[i]
		for _, t := range triggers[i] {
			if t.activate {
				continue
			}
			date = max(date, activated[t.name])
			for j, q := range packages {
				if own[j] > date && strings.HasPrefix(t.name, "/") && ships(q, deb.Canonical(t.name)) {
					date = own[j]
				}
			}
		}
		all[p.Control.Name] = max(all[p.Control.Name], date)
	}
	return all, nil
}

// ships reports whether a package has something at a path or below it.
func ships(p *deb.Package, at string) bool {
	i, found := slices.BinarySearchFunc(p.Index.Files, at, func(f *layer.File, at string) int { return layer.Compare(f.Path, at) })
	return found || i < len(p.Index.Files) && layer.Below(p.Index.Files[i].Path, at)
}

// date is that of what a package's scripts do, or of the root for what is nobody's.
// Nothing is younger than the root.
func (v *run) date(pkg string) int64 {
	if d := v.dates[pkg]; d > 0 {
		return min(d, v.Epoch)
	}
	return v.Epoch
}

// latest is the time that a path has at most.
func (v *run) latest(p string, by doer) int64 {
	if n, _ := NoiseOf(p); n.Rule == RuleNewest {
		return v.Epoch
	}
	return v.date(by.pkg)
}

// dateNew gives directories that a script made, which were not there before, the
// time that they will have, while the container waits: scripts that follow see that
// one. Of a directory of now fontconfig would keep no cache.
func (v *run) dateNew(before map[string]job.Change, by doer) error {
	if by.pkg == "" {
		return nil
	}
	for p, c := range v.track.now {
		if _, had := before[p]; had || c.Kind != job.Dir || v.lower(p) != nil {
			continue
		}
		date := v.latest(p, by)
		if c.MTime.Unix() < date {
			continue
		}
		if err := stamp(v.upper, &c, date); err != nil {
			return err
		}
	}
	return nil
}

// setDate lets the next step have the date of a package.
func (v *run) setDate(b *strings.Builder, pkg string) {
	fmt.Fprintf(b, "SOURCE_DATE_EPOCH=%d\n", v.date(pkg))
}

// datesOfTriggers writes a function that sets the date of a package whose triggers
// are next.
func (v *run) datesOfTriggers(b *strings.Builder) {
	b.WriteString("dated() {\n\tcase $1 in\n")
	for _, p := range byName(slices.Concat(v.Before, v.Packages)) {
		if name := p.Control.Name; p.Has("triggers") && p.Has("postinst") {
			fmt.Fprintf(b, "\t%s) SOURCE_DATE_EPOCH=%d;;\n", quote(name), v.date(name))
		}
	}
	b.WriteString("\tesac\n}\n")
}

// stamp sets the time of what is younger, and of every directory.
func stamp(root *os.Root, c *job.Change, date int64) error {
	if c.Kind == job.Whiteout || c.MTime.Unix() < date && c.Kind != job.Dir {
		return nil
	}
	dir, err := root.Open("." + filepath.Dir(c.Path))
	if err != nil {
		return err
	}
	defer dir.Close()
	ts := unix.Timespec{Sec: date}
	return unix.UtimesNanoAt(int(dir.Fd()), filepath.Base(c.Path), []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}
