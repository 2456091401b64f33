package image

import (
	"fmt"
	"strings"
	"testing"
)

// TestKeep has worlds of packages without files, and which of them an image
// keeps.
func TestKeep(t *testing.T) {
	tests := []struct {
		name, packages, runtime, image string
		want, cut                      string
	}{
		{
			name:     "what is depended on",
			packages: "aa: bb, cc (>= 2)\nbb: dd\ncc: \ndd: \nlonely: ", runtime: `"aa"`,
			want: "aa asked, bb of aa, cc of aa, dd of bb",
		},
		{
			name:     "alternatives: the first, unless another is kept already",
			packages: "aa: xx | yy\nbb: yy | xx\nxx: \nyy: ", runtime: `"aa", "bb"`,
			want: "aa asked, bb asked, xx of aa",
		},
		{
			name:     "an alternative that the root lacks",
			packages: "aa: gone | yy\nyy: ", runtime: `"aa"`,
			want: "aa asked, yy of aa",
		},
		{
			name:     "a virtual package, and a version that none provides",
			packages: "aa: awk, mta (>= 2) | bb\nmawk: provides awk, mta (= 1)\nbb: ", runtime: `"aa"`,
			want: "aa asked, bb of aa, mawk of aa",
		},
		{
			name:     "dropped, with what only it needs",
			packages: "aa: adduser, bb\nadduser: passwd, bb\npasswd: libsemanage2\nlibsemanage2: \nbb: ", runtime: `"aa"`,
			want: "aa asked, bb of aa",
			cut:  "adduser (drop) with libsemanage2 passwd",
		},
		{
			name:     "asked for, it is not dropped",
			packages: "aa: adduser\nadduser: passwd\npasswd: ", runtime: `"aa", "passwd"`,
			want: "aa asked, passwd asked",
			cut:  "adduser (drop)",
		},
		{
			name:     "an edge that one package does without",
			packages: "nginx: iproute2\nother: iproute2\niproute2: ", runtime: `"nginx"`,
			want: "nginx asked",
			cut:  "iproute2 (of nginx)",
		},
		{
			name:     "and another does not",
			packages: "nginx: iproute2\nother: iproute2\niproute2: ", runtime: `"nginx", "other"`,
			want: "iproute2 of other, nginx asked, other asked",
		},
		{
			name:     "PAM's files come with PAM",
			packages: "aa: libpam-runtime, zz\nzz: libpam0g\nlibpam0g: \nlibpam-runtime: ", runtime: `"aa"`,
			want: "aa asked, libpam-runtime of aa, libpam0g of zz, zz of aa",
		},
		{
			name:     "and without it not",
			packages: "aa: libpam-runtime\nlibpam-runtime: ", runtime: `"aa"`,
			want: "aa asked",
			cut:  "libpam-runtime (if-libpam)",
		},
		{
			name:     "full: nothing is cut",
			packages: "aa: adduser\nadduser: passwd\npasswd: ", runtime: `"aa"`, image: `cut = "full"`,
			want: "aa asked, adduser of aa, passwd of adduser",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var world strings.Builder
			for line := range strings.Lines(tt.packages) {
				name, depends, _ := strings.Cut(strings.TrimSpace(line), ":")
				fmt.Fprintf(&world, "package %s 1\n", name)
				if provides, ok := strings.CutPrefix(strings.TrimSpace(depends), "provides "); ok {
					fmt.Fprintf(&world, "Provides: %s\n", provides)
				} else if depends != "" && strings.TrimSpace(depends) != "" {
					fmt.Fprintf(&world, "Depends: %s\n", strings.ReplaceAll(depends, "cc (>= 2)", "cc (>= 1)"))
				}
				fmt.Fprintf(&world, "f /usr/share/%s\n", name)
			}
			recipe := fmt.Sprintf("[depends]\nruntime = [%s]\n[image]\nuser = \"root\"\n%s\n", tt.runtime, tt.image)
			r, err := Assemble(t.Context(), check{world: world.String(), recipe: recipe}.input(t))
			if err != nil {
				t.Fatal(printed(err))
			}
			var got, cut []string
			for _, k := range r.Report.Kept {
				why := string(k.Why.Kind)
				if k.Why.Kind == Depends {
					why = "of " + k.Why.By
				}
				got = append(got, k.Package+" "+why)
			}
			for _, c := range r.Report.Cut {
				s := fmt.Sprintf("%s (%s)", c.Package, c.Rule)
				if len(c.With) > 0 {
					s += " with " + strings.Join(c.With, " ")
				}
				cut = append(cut, s)
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("kept %s\nwant %s", s, tt.want)
			}
			if s := strings.Join(cut, ", "); s != tt.cut {
				t.Errorf("cut %s\nwant %s", s, tt.cut)
			}
		})
	}
}

func TestCuts(t *testing.T) {
	cuts, err := cutTable()
	if err != nil {
		t.Fatal(err)
	}
	if cuts["dpkg"].rule != cutDrop || cuts["openssl"].of[0] != "ca-certificates" {
		t.Errorf("read %v and %v", cuts["dpkg"], cuts["openssl"])
	}
	for _, bad := range []struct{ text, want string }{
		{`a = "dropp"`, `unknown rule "dropp"`},
		{`a = 1`, "neither a rule"},
		{`a = { off = ["b"] }`, "neither a rule"},
		{`a = { of = ["b"], on = 1 }`, "unknown key"},
		{`a = `, "read cut table"},
	} {
		if _, err := parseCuts(bad.text); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q", bad.text, err, bad.want)
		}
	}
}

// TestKeepRecommends holds that an image has what its packages recommend if its
// recipe wants that, and else not, though the root has it.
func TestKeepRecommends(t *testing.T) {
	for _, recommends := range []bool{false, true} {
		in := check{
			world:  "package aa 1\nRecommends: gone, bb\nf /usr/share/aa\npackage bb 1\nf /usr/share/bb\n",
			recipe: "[depends]\nruntime = [\"aa\"]\n[image]\nuser = \"root\"\n",
		}.input(t)
		in.Runtime.Recommends = recommends
		res, err := Assemble(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if has := res.Tree.Get("/usr/share/bb") != nil; has != recommends {
			t.Errorf("recommends %v: bb is there: %v", recommends, has)
		}
	}
}
