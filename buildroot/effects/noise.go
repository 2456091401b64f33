package effects

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/bmatcuk/doublestar/v4"
)

//go:embed noise.toml
var noiseText string

// A Noise is a rule of the noise table.
type Noise struct {
	Glob string // "**" crosses directories
	Rule Rule
	To   string // of rule "link"
	Why  string
}

// A Rule says what becomes of a path that a script changed; noise.toml has the
// list.
type Rule string

// The rules.
const (
	RuleDrop        Rule = "drop"
	RuleDropContent Rule = "drop-content"
	RuleEmptyFile   Rule = "empty-file"
	RuleLink        Rule = "link"
	RuleSecret      Rule = "secret"
	RuleState       Rule = "state"
	RuleDate        Rule = "date"
	RuleJKS         Rule = "jks"
	RuleSort        Rule = "sort"
	RuleKeys        Rule = "keys"
	RuleNewest      Rule = "newest"
	RuleUnstable    Rule = "unstable"
	RuleRoot        Rule = "root"
	RuleInit        Rule = "init"
)

// table is the noise table, read once. A mistake in it is a bug of ours, which
// a test finds.
var table = sync.OnceValue(func() []Noise {
	list, err := parseNoise(noiseText)
	if err != nil {
		panic(err)
	}
	return list
})

func parseNoise(text string) ([]Noise, error) {
	var file struct {
		Noise []struct{ P, Rule, To, Why string }
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("read noise table: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("read noise table: unknown key %s", unknown[0])
	}
	var list []Noise
	for _, n := range file.Noise {
		switch Rule(n.Rule) {
		case RuleDrop, RuleDropContent, RuleEmptyFile, RuleLink, RuleSecret, RuleState, RuleDate, RuleJKS, RuleSort, RuleKeys, RuleNewest, RuleUnstable, RuleRoot, RuleInit:
		default:
			return nil, fmt.Errorf("read noise table: %s: unknown rule %q", n.P, n.Rule)
		}
		if !doublestar.ValidatePattern(n.P) || n.Why == "" || (n.To != "") != (n.Rule == string(RuleLink)) {
			return nil, fmt.Errorf("read noise table: rule for %q is not complete", n.P)
		}
		list = append(list, Noise{Glob: n.P, Rule: Rule(n.Rule), To: n.To, Why: n.Why})
	}
	return list, nil
}

// NoiseOf returns the rule for a path, if there is one.
func NoiseOf(path string) (Noise, bool) {
	for _, n := range table() {
		if n.matches(path) {
			return n, true
		}
	}
	return Noise{}, false
}

// Rewrite makes equal what the rule says is not: dates, order. Other rules leave
// the bytes.
func (n *Noise) Rewrite(data []byte, epoch int64) ([]byte, error) {
	return rewrite(n.Rule, data, epoch)
}

func (n *Noise) matches(path string) bool {
	if !doublestar.MatchUnvalidated(n.Glob, path) {
		return false
	}
	// doublestar's "/a/**" matches "/a", too.
	dir, all := strings.CutSuffix(n.Glob, "/**")
	return !all || !doublestar.MatchUnvalidated(dir, path)
}

// A Class says where an effect may go.
type Class int

// The classes.
const (
	ClassImage Class = iota // to images and buildroots
	ClassRoot               // to buildroots only: dpkg's, debconf's and their like
	ClassInit               // to buildroots, and to images that run an init
)

// ClassOf is the class of an effect at a path.
func ClassOf(path string) Class {
	n, _ := NoiseOf(path)
	switch n.Rule {
	case RuleRoot:
		return ClassRoot
	case RuleInit:
		return ClassInit
	}
	return ClassImage
}
