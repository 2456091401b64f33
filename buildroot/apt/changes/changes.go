// Package changes says what became of a source package between two versions: the
// entries of its changelog, and the vulnerabilities (CVE) that those name or that
// Debian's security tracker says are fixed.
//
// It reads texts that it is given, and asks nobody.
package changes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// An Entry is one entry of a changelog (deb-changelog(5)).
type Entry struct {
	Source  string
	Version string
	Suites  string // "trixie-security"
	Urgency string // in lower case; may be empty
	Date    string // as it is written
	Text    string // the changes, as they are written, without empty lines around them
}

// heading is the first line of an entry.
var heading = regexp.MustCompile(`^([a-z0-9][a-z0-9+.-]*) \(([^() \t]+)\)((?: [-+0-9A-Za-z.]+)+);(.*)$`)

// Parse reads a changelog, newest entry first. Lines that belong to no entry are
// left out: old changelogs have all sorts of them at their end.
func Parse(text string) []Entry {
	var all []Entry
	var lines []string
	open := false
	end := func() {
		if open {
			all[len(all)-1].Text = strings.Trim(strings.Join(lines, "\n"), "\n")
		}
		lines, open = nil, false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			end()
			all = append(all, Entry{Source: m[1], Version: m[2], Suites: strings.TrimSpace(m[3]), Urgency: urgency(m[4])})
			open = true
			continue
		}
		if signature, ok := strings.CutPrefix(line, " -- "); ok && open {
			_, date, _ := strings.Cut(signature, ">  ")
			all[len(all)-1].Date = date
			end()
			continue
		}
		lines = append(lines, line)
	}
	end()
	return all
}

func urgency(keys string) string {
	for pair := range strings.SplitSeq(keys, ",") {
		if key, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && strings.EqualFold(key, "urgency") {
			word, _, _ := strings.Cut(value, " ")
			return strings.ToLower(word)
		}
	}
	return ""
}

// Between returns the entries of a changelog above version old, as far down as new.
func Between(entries []Entry, old, new string) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return relation.Compare(e.Version, old) <= 0 || relation.Compare(e.Version, new) > 0
	})
}

// cve is how vulnerabilities are numbered (https://www.cve.org/About/Process).
var cve = regexp.MustCompile(`CVE-[0-9]{4}-[0-9]{4,}`)

// CVEs are the vulnerabilities that a text names, sorted.
func CVEs(text string) []string {
	all := cve.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// binNMU is what Debian adds to the version of packages that were built again from
// the same source.
var binNMU = regexp.MustCompile(`\+b[0-9]+$`)

// SourceVersion is the version that the source of a package has, if the two are
// numbered alike.
func SourceVersion(version string) string { return binNMU.ReplaceAllString(version, "") }
