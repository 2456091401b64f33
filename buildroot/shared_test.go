package buildroot

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Roots with users of their own share what scripts make of their packages, unless a
// script looks at all accounts or asks for one that a root adds.
func TestSharedWaves(t *testing.T) {
	const of = "[depends]\nbuild = [\"extra\"]\n[[step]]\nrun = \"make\"\n[artefacts]\nmain = [\"/f\"]\n[user]\n%s = { uid = %d }\n"
	for _, test := range []struct {
		name     string
		postinst string
		blind    job.Result // of the scripts' run without accounts
		runs     string     // of the scripts: how often, and with whose accounts
		shares   string     // whose roots are the shared effects and accounts
	}{
		{"nothing is asked", "true", job.Result{}, "1 blind, with []", "a b"},
		{"Debian's users are asked for", "true", job.Result{Asked: []string{"0", "root"}}, "1 blind, with []", "a b"},
		{"one user is asked for", "true", job.Result{Asked: []string{"a"}}, "1 blind, with [a]", "b"},
		{"a number is asked for", "true", job.Result{Asked: []string{"902"}}, "1 blind, with [b]", "a"},
		{"all are looked at", "true", job.Result{Exit: 137, Opened: "/etc/passwd"}, "1 blind, with [a b]", ""},
		{"a user is added", "adduser x", job.Result{}, "0 blind, with [a b]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, map[string]string{"a": fmt.Sprintf(of, "a", 901), "b": fmt.Sprintf(of, "b", 902)})
			for _, r := range []string{"a", "b"} {
				w.does(r+": 1", map[string]string{"f": r})
			}
			extra := debtest.Deb{Name: "extra", Version: "1", Arch: "amd64", Members: map[string]string{"postinst": "#!/bin/sh\n" + test.postinst + "\n"}}.Bytes()
			w.lock.Packages = append(w.lock.Packages, lock.Package{Name: "extra", Version: "1", Arch: "amd64", SHA256: w.put(extra), Size: int64(len(extra)), From: "debian", Path: "pool/extra.deb"})
			w.extra, w.blind = []string{"extra"}, test.blind
			p, r, err := w.build(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var with, shares []string
			for _, a := range p.Actions {
				do, ok := a.Do.(*plan.Configure)
				if !ok || do.Shared == "" {
					continue
				}
				if r.ByAction[a.ID].Trees[sharedName] != "" {
					shares = append(shares, a.Recipe)
					continue
				}
				with = append(with, a.Recipe)
			}
			slices.Sort(with)
			slices.Sort(shares)
			if got := fmt.Sprintf("%d blind, with %v", w.blinds, with); got != test.runs || strings.Join(shares, " ") != test.shares {
				t.Errorf("the scripts ran %s, and %v share", got, shares)
			}
			for _, recipe := range []string{"a", "b"} {
				equalText(t, recipe, w.passwd(w.jobs[recipe+": 1"]), basePasswd+
					map[string]string{"a": "a:x:901:901::/nonexistent:/usr/sbin/nologin", "b": "b:x:902:902::/nonexistent:/usr/sbin/nologin"}[recipe])
			}
		})
	}
}
