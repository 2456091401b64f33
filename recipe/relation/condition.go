package relation

import "strings"

// signs is which of a list's names have a `!`.
type signs int

const (
	none signs = iota
	all
	mixed
)

// negated tells which names of the list begin with `!`.
func negated(list string) signs {
	with, without := 0, 0
	for w := range strings.FieldsSeq(list) {
		if w[0] == '!' {
			with++
		} else {
			without++
		}
	}
	switch {
	case with == 0:
		return none
	case without == 0:
		return all
	}
	return mixed
}

// Holds reports whether the condition holds for an architecture ("amd64") and
// the profiles that are on. Restriction lists are ored, the names inside one
// are anded, as deb-src-control(5) says. A nil function has no profile on.
func (c Condition) Holds(arch string, profile func(string) bool) bool {
	return c.holdsArch(arch) && c.holdsProfiles(profile)
}

// holdsArch follows Policy 7.1: a list of `!` names excludes, any other includes.
func (c Condition) holdsArch(arch string) bool {
	if c.Arches == "" {
		return true
	}
	for w := range strings.FieldsSeq(c.Arches) {
		name, not := strings.CutPrefix(w, "!")
		if MatchArch(name, arch) {
			return !not
		}
	}
	return negated(c.Arches) == all
}

func (c Condition) holdsProfiles(profile func(string) bool) bool {
	if c.Profiles == "" {
		return true
	}
	rest := c.Profiles
	for {
		start, end := strings.IndexByte(rest, '<'), strings.IndexByte(rest, '>')
		if start < 0 || end < start {
			return false
		}
		if allOn(rest[start+1:end], profile) {
			return true
		}
		rest = rest[end+1:]
	}
}

// allOn reports whether all names of one restriction list hold.
func allOn(list string, profile func(string) bool) bool {
	for w := range strings.FieldsSeq(list) {
		name, not := strings.CutPrefix(w, "!")
		if on := profile != nil && profile(name); on == not {
			return false
		}
	}
	return true
}

// EachProfile calls f with each name of the condition's restriction lists,
// without its `!`.
func (c Condition) EachProfile(f func(name string)) {
	between := func(r rune) bool { return strings.ContainsRune("<>! \t\n\r", r) }
	for w := range strings.FieldsFuncSeq(c.Profiles, between) {
		f(w)
	}
}

// EachArch calls f with each name of the condition's list, without its `!`.
func (c Condition) EachArch(f func(name string)) {
	for w := range strings.FieldsSeq(c.Arches) {
		f(strings.TrimPrefix(w, "!"))
	}
}

// MatchArch reports whether an architecture is the named one or is meant by a
// wildcard of Policy 11.1: "any", "linux-any", "any-arm64". Architectures of
// Debian's Linux ports have no system part, so "linux-arm64" is "arm64".
func MatchArch(pattern, arch string) bool {
	if pattern == arch || pattern == "any" {
		return true
	}
	system, cpu, ok := strings.Cut(pattern, "-")
	if !ok {
		return false
	}
	archSystem, archCPU, ok := strings.Cut(arch, "-")
	if !ok {
		archSystem, archCPU = "linux", arch
	}
	return (system == "any" || system == archSystem) && (cpu == "any" || cpu == archCPU)
}
