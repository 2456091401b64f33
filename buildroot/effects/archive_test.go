package effects

import (
	"os"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// sets are real packages whose scripts do about everything that scripts do.
// ASHLAR_SETS names others: "postgresql;cron exim4".
func sets() [][]string {
	text := os.Getenv("ASHLAR_SETS")
	if text == "" {
		text = "build-essential;nginx;ca-certificates;openssh-server;python3"
	}
	var out [][]string
	for set := range strings.SplitSeq(text, ";") {
		out = append(out, strings.Fields(set))
	}
	return out
}

// Every set ends with all packages "install ok installed": Run verifies it.
// Waves run twice give equal indexes, byte for byte.
func TestArchiveSets(t *testing.T) {
	w := newWorld(t)
	again, _, err := w.run(Wave{Packages: w.base})
	if err != nil {
		t.Fatal(err)
	}
	sameIndex(t, "essential", w.essential(), again)
	for _, set := range sets() {
		name := strings.Join(set, " ")
		waves, before, _ := w.install(set...)
		t.Logf("%s: %d packages, %d waves", name, len(before), len(waves))
		last := waves[len(waves)-1]
		n := len(before) - len(w.lastWave(set...))
		again, log, err := w.run(Wave{Packages: before[n:], Before: before[:n], Earlier: waves[:len(waves)-1]})
		if err != nil {
			t.Errorf("%s again: %v\n%s", name, err, log)
			continue
		}
		sameIndex(t, name, last, again)
		for _, e := range waves[1:] {
			for _, r := range e.Reports {
				t.Log(r)
			}
		}
	}
}

func (w *world) lastWave(set ...string) []string {
	waves := w.waves(set...)
	var names []string
	for _, p := range waves[len(waves)-1] {
		names = append(names, p.Control.Name)
	}
	return names
}

func sameIndex(t *testing.T, name string, a, b *Effects) {
	t.Helper()
	if x, y := indexText(t, a), indexText(t, b); x != y {
		t.Errorf("%s: run twice, the effects differ:\n%s", name, diff(x, y))
	}
}

func indexText(t *testing.T, e *Effects) string {
	t.Helper()
	var b strings.Builder
	if err := layer.WriteIndex(&b, e.Index); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// diff has the lines that only one of two texts has.
func diff(a, b string) string {
	var out strings.Builder
	in := func(text string) map[string]bool {
		m := map[string]bool{}
		for l := range strings.Lines(text) {
			m[l] = true
		}
		return m
	}
	x, y := in(a), in(b)
	for l := range strings.Lines(a) {
		if !y[l] {
			out.WriteString("- " + l)
		}
	}
	for l := range strings.Lines(b) {
		if !x[l] {
			out.WriteString("+ " + l)
		}
	}
	return out.String()
}
