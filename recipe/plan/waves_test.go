package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

func TestWaves(t *testing.T) {
	tests := []struct {
		name     string
		packages string // "name:pre,pre name@arch …"
		want     string // "a b | c"
		err      string
	}{
		{"none", "", "", ""},
		{"no pre-dependencies", "nginx curl", "curl nginx", ""},
		{"python3", "python3:minimal,libpython python3-venv minimal:libpython libpython",
			"libpython | minimal | python3 python3-venv", ""},
		{"two at once", "cron:systemd,libseccomp exim:cron,systemd,libseccomp systemd libseccomp",
			"libseccomp systemd | cron | exim", ""},
		{"a pre-dependency of the base", "gcc:dpkg", "gcc", ""},
		{"a circle", "a:b b:a", "", "circle among a, b"},
		{"a foreign package waits for its own kind", "lib@arm64:pre pre pre@arm64 tool:pre", "pre pre:arm64 | lib:arm64 tool", ""},
		{"and for what is for all, or named by architecture", "lib@arm64:data,dpkg@amd64 data@all dpkg tool@all:dpkg", "data dpkg | lib:arm64 tool", ""},
		{"what is native elsewhere is nobody's here", "lib@arm64:pre tool pre", "lib:arm64 pre tool", ""},
		{"whose package nobody waits for", "x y:z z", "z | x y", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packages := parsePackages(tt.packages)
			for range 2 {
				waves, err := Waves(packages, "amd64")
				if got := names(waves); err == nil && got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				slices.Reverse(packages)
				if tt.err != "" {
					break // the names stand in the order of the input
				}
			}
		})
	}
}

func parsePackages(s string) []lock.Package {
	var packages []lock.Package
	for _, w := range strings.Fields(s) {
		name, pre, _ := strings.Cut(w, ":")
		p := lock.Package{Name: name, Arch: "amd64"}
		if plain, arch, ok := strings.Cut(name, "@"); ok {
			p.Name, p.Arch = plain, arch
		}
		if pre != "" {
			p.Pre = strings.Split(strings.ReplaceAll(pre, "@", ":"), ",")
		}
		packages = append(packages, p)
	}
	return packages
}

func names(waves [][]lock.Package) string {
	var all []string
	for _, w := range waves {
		var one []string
		for _, p := range w {
			one = append(one, p.Label("amd64"))
		}
		all = append(all, strings.Join(one, " "))
	}
	return strings.Join(all, " | ")
}
