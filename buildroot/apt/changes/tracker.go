package changes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A Tracker is what Debian's security tracker knows of some source packages.
type Tracker struct {
	issues map[string]map[string]issue // by source package and CVE
}

// An issue is a vulnerability of a source package, of which only what we ask for
// is read (https://security-tracker.debian.org/tracker/data/json).
type issue struct {
	Releases map[string]struct { // by codename
		Status string `json:"status"`
		Fixed  string `json:"fixed_version"`
	} `json:"releases"`
}

// ReadTracker reads the tracker's JSON, of which it keeps what sources names. The
// whole has some 70 MB and is never in memory at once.
func ReadTracker(r io.Reader, sources []string) (*Tracker, error) {
	t := &Tracker{issues: map[string]map[string]issue{}}
	d := json.NewDecoder(r)
	switch open, err := d.Token(); {
	case err != nil:
		return nil, trackerError(err)
	case open != json.Delim('{'):
		return nil, trackerError(errors.New("it is no JSON object"))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, trackerError(err)
		}
		source, _ := name.(string)
		if !slices.Contains(sources, source) {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return nil, trackerError(err)
			}
			continue
		}
		issues := map[string]issue{}
		if err := d.Decode(&issues); err != nil {
			return nil, trackerError(err)
		}
		t.issues[source] = issues
	}
	if _, err := d.Token(); err != nil {
		return nil, trackerError(err)
	}
	return t, nil
}

func trackerError(err error) error {
	return fmt.Errorf("the security tracker's data are not readable: %w", err)
}

// Fixed are the vulnerabilities of a source package that one version has and a later
// one has not, in the suite of a codename; sorted.
func (t *Tracker) Fixed(source, codename, old, new string) []string {
	var all []string
	for name, i := range t.issues[source] {
		// Version 0 says that the suite never had it.
		r, ok := i.Releases[codename]
		if ok && r.Status == "resolved" && r.Fixed != "" && r.Fixed != "0" &&
			relation.Compare(old, r.Fixed) < 0 && relation.Compare(r.Fixed, new) <= 0 {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
