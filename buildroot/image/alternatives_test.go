package image

import (
	"strings"
	"testing"
)

func TestParseAlternative(t *testing.T) {
	const awk = "auto\n/usr/bin/awk\nawk.1.gz\n/usr/share/man/man1/awk.1.gz\nnawk\n/usr/bin/nawk\n\n" +
		"/usr/bin/gawk\n10\n/usr/share/man/man1/gawk.1.gz\n\n/usr/bin/mawk\n5\n\n/usr/bin/mawk\n\n"
	alt, err := parseAlternative("awk", awk)
	if err != nil {
		t.Fatal(err)
	}
	if alt.link != "/usr/bin/awk" || len(alt.slaves) != 2 || len(alt.choices) != 2 {
		t.Fatalf("read %+v", alt)
	}
	tests := []struct {
		there, want string
	}{
		{"/usr/bin/mawk /usr/bin/gawk /usr/share/man/man1/gawk.1.gz", "/usr/bin/gawk: awk, awk.1.gz"},
		{"/usr/bin/mawk", "/usr/bin/mawk: awk, nawk"},
		{"/usr/bin/original-awk", ""},
	}
	for _, tt := range tests {
		exists := func(p string) bool { return strings.Contains(" "+tt.there+" ", " "+p+" ") }
		got := ""
		if c := alt.best(exists); c != nil {
			var names []string
			links := alt.links(c, exists)
			for i := 0; i < len(links); i += 2 {
				names = append(names, strings.TrimPrefix(links[i].Link, alternativesDir+"/"))
			}
			got = c.path + ": " + strings.Join(names, ", ")
		}
		if got != tt.want {
			t.Errorf("with %s: %q, want %q", tt.there, got, tt.want)
		}
	}
}

func TestParseAlternativeBad(t *testing.T) {
	for _, text := range []string{"", "auto", "auto\nrelative\n\n", "auto\n/usr/bin/x\n\n/usr/bin/y\nmany\n"} {
		if alt, err := parseAlternative("x", text); err == nil {
			t.Errorf("%q was read as %+v", text, alt)
		}
	}
}

// An alternative below /bin, such as netcat's, is where /bin leads to.
func TestAlternativeMerged(t *testing.T) {
	c := check{
		world: `package netcat 1
			f /usr/bin/nc.openbsd elf=libc.so.6
			effect netcat postinst
			f /var/lib/dpkg/alternatives/nc text=auto\n/bin/nc\n\n/bin/nc.openbsd\n50\n\n`,
		recipe: "[depends]\nruntime = [\"netcat\"]\n[image]\nentrypoint = [\"nc\"]\nuser = \"root\"",
	}
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	if f := r.Tree.Get("/usr/bin/nc"); f == nil || f.Link != "/etc/alternatives/nc" {
		t.Errorf("got %v", f)
	}
}

func FuzzParseAlternative(f *testing.F) {
	f.Add("auto\n/usr/bin/awk\nawk.1\n/man/awk.1\n\n/usr/bin/gawk\n10\n/man/gawk.1\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		alt, err := parseAlternative("x", text)
		if err != nil {
			return
		}
		for i := range alt.choices {
			if len(alt.choices[i].slaves) != len(alt.slaves) {
				t.Errorf("%q: %d slaves of %d", text, len(alt.choices[i].slaves), len(alt.slaves))
			}
		}
		if c := alt.best(func(string) bool { return true }); c != nil {
			alt.links(c, func(string) bool { return true })
		}
	})
}
