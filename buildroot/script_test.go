package buildroot

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

func TestWhyThere(t *testing.T) {
	var packages []*deb.Package
	for name, fields := range map[string]string{
		"dpkg":    "",
		"nginx":   "Depends: nginx-common (>= 1), libc6\n",
		"common":  "Provides: nginx-common\nDepends: adduser | useradd\n",
		"adduser": "Pre-Depends: debconf\nDepends: nginx\n",
		"curl":    "Depends: certs\n",
		"certs":   "Depends: openssl\nRecommends: adduser\n",
		"debconf": "",
	} {
		c, err := deb.ParseControl([]byte("Package: " + name + "\nVersion: 1\nArchitecture: all\n" + fields))
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, &deb.Package{Control: c})
	}
	ask := func(line int, text string) recipe.Dep {
		list, err := relation.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		d := recipe.Dep{Text: text, Pos: diag.Pos{File: "recipe.toml", Line: line}}
		for _, r := range list {
			d.Any = append(d.Any, recipe.Package{Relation: r})
		}
		return d
	}
	asks := []recipe.Dep{ask(3, "nginx (>= 1)"), ask(4, "gone | curl")}
	for _, c := range []struct{ failed, chain, asked string }{
		{"nginx", "nginx", "nginx (>= 1)"},
		{"debconf", "nginx common adduser debconf", "nginx (>= 1)"},
		{"certs", "curl certs", "gone | curl"},
		{"dpkg", "", ""},
	} {
		e := whyThere(&effects.ScriptError{Package: c.failed, Script: "postinst", Exit: 1}, asks, packages)
		if got := strings.Join(e.Chain, " "); got != c.chain || e.Asked != c.asked {
			t.Errorf("%s: %q because of %q, want %q because of %q", c.failed, got, e.Asked, c.chain, c.asked)
		}
		if (e.Pos.Line == 0) != (c.chain == "") || !strings.Contains(e.Because(), "base") != (c.chain != "") {
			t.Errorf("%s: at %v, %s", c.failed, e.Pos, e.Because())
		}
	}
}
