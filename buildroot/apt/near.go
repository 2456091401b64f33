package apt

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// numbers are what changes in the name of a package when its software is released
// anew, with what Debian wrote behind some of them in 2024.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)*(t64)?`)

// shortName is how long a name is of which two letters are a third.
const shortName = 8

// manyNear is how many names are proposed where several say more than was asked for.
const manyNear = 3

// called are packages that Debian calls so that no rule finds them, by what other
// distributions call them, or by what they are for.
var called = map[string]string{
	"build-base": "build-essential", "gcc-c++": "g++", "go": "golang-go", "java": "default-jre-headless", "jdk": "default-jdk-headless", "jre": "default-jre-headless",
	"bind-utils": "bind9-dnsutils", "bind-tools": "bind9-dnsutils", "nc": "netcat-openbsd", "ping": "iputils-ping", "ip": "iproute2", "iproute": "iproute2",
	"dig": "bind9-dnsutils", "ps": "procps", "procps-ng": "procps", "shadow": "passwd", "shadow-utils": "passwd", "su-exec": "gosu", "docker": "docker.io", "docker-ce": "docker.io",
}

// A nearness collects the packages that a name may have been meant to be, by how they
// are like it.
type nearness struct {
	name     string   // what was asked for, as Debian would write it
	alike    []string // with other numbers in it
	bare     []string // without the numbers at its end
	numbered []string // with numbers at its end
	headers  []string // with the headers of the source that is called so
	longer   []string // that say more
	shorter  []string // that say less
	all      []string // that may be mistyped
	wanted   map[string]int
}

// nearNames returns the packages that a name was most likely meant to be: one with
// other numbers in it, the highest of them; one that was mistyped; or some that say
// more, those first that most packages want. A name of which every letter is right
// goes before a mistyped one if it is wanted more.
func nearNames(ix *index.Index, asked string) []string {
	n := nearness{name: strings.ToLower(asked), wanted: map[string]int{}} // as all packages of Debian are called
	if stem, ok := strings.CutSuffix(n.name, "-devel"); ok {
		n.name = stem + "-dev"
	}
	for _, name := range []string{n.name, called[n.name]} {
		if id := ix.Find(name); id != index.None && ix.Name(id).Versions.Count > 0 {
			return []string{name}
		}
	}
	n.collect(ix)
	return n.best()
}

// collect sorts all packages by how they are like the name.
func (n *nearness) collect(ix *index.Index) {
	skeleton, bare := numbers.ReplaceAllString(n.name, "0"), strings.TrimRight(n.name, ".0123456789")
	wanted := wants(ix)
	stem, headers := strings.CutSuffix(n.name, "-dev")
	for id := range ix.NameCount() {
		vs, p := ix.Name(id).Versions, ix.NameOf(id)
		switch {
		case vs.Count == 0, ix.Find(p) != id: // virtual, or of another architecture
			continue
		case skeleton != n.name && p[0] == n.name[0] && numbers.ReplaceAllString(p, "0") == skeleton:
			n.alike = append(n.alike, p)
		case p == bare:
			n.bare = append(n.bare, p)
		case strings.HasPrefix(p, n.name) && numbers.ReplaceAllString(p[len(n.name):], "") == "":
			n.numbered = append(n.numbered, p)
		case headers && strings.HasSuffix(p, "-dev") && strings.Trim(ix.Text(ix.Version(vs.First).Source), "-.0123456789") == stem:
			n.headers = append(n.headers, p)
		case strings.Contains("-"+p+"-", "-"+n.name+"-"), len(n.name) > 2 && strings.HasPrefix(p, n.name):
			n.longer = append(n.longer, p)
		case strings.HasPrefix(n.name, p+"-"):
			n.shorter = append(n.shorter, p)
		case p[0] == n.name[0] && max(len(p)-len(n.name), len(n.name)-len(p)) <= 2:
			n.all = append(n.all, p)
		default:
			continue
		}
		n.wanted[p] = wanted[id]
	}
}

// wants counts, for each name by its number, how many packages want it.
func wants(ix *index.Index) []int {
	counts := make([]int, ix.NameCount())
	for v := range ix.VersionCount() {
		for _, d := range ix.DepsOf(v) {
			if !d.Type().Negative() {
				counts[ix.Constraint(d.Constraint()).Name]++
			}
		}
	}
	return counts
}

// best chooses among what was collected.
func (n *nearness) best() []string {
	for _, list := range [][]string{n.numbered, n.headers, n.longer, n.all} {
		slices.SortFunc(list, func(a, b string) int {
			return cmp.Or(-cmp.Compare(n.wanted[a], n.wanted[b]), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
		})
	}
	slip := diag.Slip(n.name, n.all)
	switch {
	case len(n.alike) > 0:
		return []string{n.newest()}
	case len(n.bare) > 0:
		return n.bare
	case len(n.numbered) > 0:
		return n.numbered[:1]
	case len(n.headers) > 0:
		return n.headers[:1]
	case slip != "" && (len(n.longer) == 0 || n.wanted[slip] >= n.wanted[n.longer[0]]):
		return []string{slip}
	case len(n.longer) > 0:
		return n.several(n.longer)
	case len(n.shorter) > 0:
		return []string{slices.MaxFunc(n.shorter, func(a, b string) int { return cmp.Compare(len(a), len(b)) })}
	case len(n.name) <= shortName:
		if near := diag.Nearest(n.name, n.all); near != "" {
			return []string{near}
		}
	}
	return nil
}

// several are the first of a list, without those that hardly anything wants beside
// the very first.
func (n *nearness) several(list []string) []string {
	list = list[:min(len(list), manyNear)]
	for len(list) > 1 && n.wanted[list[len(list)-1]]*10 < n.wanted[list[0]] {
		list = list[:len(list)-1]
	}
	return list
}

// newest is the name with the highest numbers of those that differ in them, and with
// as many parts in them as were asked for.
func (n *nearness) newest() string {
	dots := func(p string) int { return strings.Count(p, ".") - strings.Count(n.name, ".") }
	return slices.MaxFunc(n.alike, func(a, b string) int {
		return cmp.Or(-cmp.Compare(dots(a)*dots(a), dots(b)*dots(b)), relation.Compare(a, b))
	})
}
