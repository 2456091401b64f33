package relation

import (
	"strings"
	"testing"
)

// dump writes relations in one canonical form.
func dump(list []Relation) string {
	var b strings.Builder
	for i, r := range list {
		b.WriteString(r.String())
		switch {
		case r.Or:
			b.WriteString(" | ")
		case i < len(list)-1:
			b.WriteString(", ")
		}
	}
	return b.String()
}

func TestParse(t *testing.T) {
	tests := []struct{ field, want string }{
		{"", ""},
		{" , ,", ""},
		{"libc6", "libc6"},
		{"libc6 (>= 2.38), libssl3t64(>=3.5)", "libc6 (>= 2.38), libssl3t64 (>= 3.5)"},
		{"default-mta | mail-transport-agent", "default-mta | mail-transport-agent"},
		{"a|b|c,d", "a | b | c, d"},
		{"python3:any (>= 3.11~)", "python3:any (>= 3.11~)"},
		{"gcc-14:amd64, perl:native", "gcc-14:amd64, perl:native"},
		{"a (<< 2), b (<= 2), c (= 2), d (>= 2), e (>> 2)", "a (<< 2), b (<= 2), c (= 2), d (>= 2), e (>> 2)"},
		{"a (< 2), b (> 2)", "a (<= 2), b (>= 2)"},
		{"libatomic1 [armel armhf], x [!amd64]", "libatomic1 [armel armhf], x [!amd64]"},
		{"a <!nocheck>", "a <!nocheck>"},
		{"a (>= 1) [linux-any] <!nocheck !cross> <stage1>, b", "a (>= 1) [linux-any] <!nocheck !cross> <stage1>, b"},
		{"a,\n b (>=\n 1),\n", "a, b (>= 1)"},
		{"libstdc++6, g++, lib_x, X11", "libstdc++6, g++, lib_x, X11"},
	}
	for _, tt := range tests {
		got, err := Parse(tt.field)
		if err != nil || dump(got) != tt.want {
			t.Errorf("Parse(%q) = %q, %v; want %q", tt.field, dump(got), err, tt.want)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	tests := []struct{ field, want string }{
		{"a |", "an alternative is missing behind `|`"},
		{"a | , b", "a package name is missing before"},
		{"| a", "a package name is missing before"},
		{"a (1.0)", "an operator is missing before \"1.0\": write (>= 1.0)"},
		{"a (=> 1.0)", `"=>" is no operator`},
		{"a (>= 1.0", "`)` is missing"},
		{"a (>= )", "version is empty"},
		{"a >= 1.0", `">= 1.0" stands behind "a"`},
		{"a b", `"b" stands behind "a"`},
		{"a:", "an architecture is missing"},
		{"a [amd64", "`]` is missing"},
		{"a []", "the brackets are empty"},
		{"a [amd64 !arm64]", "either all or none"},
		{"a <x", "`>` is missing"},
		{"a <>", "the brackets are empty"},
		{"a <!>", `"!" is no name`},
		{"a [amd64] x", `"x" stands behind`},
		{"ä", "a package name is missing"},
	}
	for _, tt := range tests {
		if got, err := Parse(tt.field); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Parse(%q) = %q, %v; want an error with %q", tt.field, dump(got), err, tt.want)
		}
	}
}

func TestAppendKeepsTheListOnError(t *testing.T) {
	list := []Relation{{Name: "first"}}
	got, err := Append(list, "second, (")
	if err == nil || dump(got) != "first" {
		t.Errorf("got %q, %v; want the list as it was and an error", dump(got), err)
	}
}

func TestCondition(t *testing.T) {
	tests := []struct {
		condition, arch, on string
		want                bool
	}{
		{"", "amd64", "", true},
		{"[amd64 i386]", "amd64", "", true},
		{"[amd64 i386]", "arm64", "", false},
		{"[!amd64 !i386]", "arm64", "", true},
		{"[!amd64 !i386]", "i386", "", false},
		{"[any]", "arm64", "", true},
		{"[linux-any]", "arm64", "", true},
		{"[hurd-any]", "hurd-amd64", "", true},
		{"[any-amd64]", "amd64", "", true},
		{"[any-amd64]", "kfreebsd-amd64", "", true},
		{"[any-i386]", "amd64", "", false},
		{"<debug>", "amd64", "debug", true},
		{"<debug>", "amd64", "", false},
		{"<!debug>", "amd64", "", true},
		{"<!debug>", "amd64", "debug", false},
		{"<a b>", "amd64", "a", false},
		{"<a b>", "amd64", "a b", true},
		{"<a> <b>", "amd64", "b", true},
		{"[arm64] <a>", "amd64", "a", false},
	}
	for _, tt := range tests {
		rest, c, err := ParseCondition("recipe:x/y " + tt.condition)
		if err != nil || rest != "recipe:x/y" {
			t.Errorf("ParseCondition %q: rest %q, %v", tt.condition, rest, err)
		}
		on := func(name string) bool { return strings.Contains(" "+tt.on+" ", " "+name+" ") }
		if got := c.Holds(tt.arch, on); got != tt.want {
			t.Errorf("%q for %s with %q: got %v", tt.condition, tt.arch, tt.on, got)
		}
	}
}

func TestConditionNames(t *testing.T) {
	_, c, err := ParseCondition("x [!amd64 !arm64] <!a b> <c>")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	c.EachArch(func(name string) { got = append(got, name) })
	c.EachProfile(func(name string) { got = append(got, name) })
	if s := strings.Join(got, " "); s != "amd64 arm64 a b c" {
		t.Errorf("names are %q", s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("libc6 (>= 2.38), a | b [!amd64] <!x> <y z>, python3:any")
	f.Add("a (<")
	f.Fuzz(func(t *testing.T, field string) {
		list, err := Parse(field)
		if err != nil {
			return
		}
		again, err := Parse(dump(list))
		if err != nil || dump(again) != dump(list) {
			t.Errorf("%q is read as %q, that as %q, %v", field, dump(list), dump(again), err)
		}
		if len(list) > 0 && list[len(list)-1].Or {
			t.Errorf("%q: the last relation has an alternative", field)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	const field = "libc6 (>= 2.38), libcrypt1 (>= 1:4.1.0), libpcre2-8-0 (>= 10.22), libssl3t64 (>= 3.5.0), zlib1g (>= 1:1.1.4), iproute2, default-mta | mail-transport-agent, nginx-common (<< 1.26.3-3.1~), nginx-common (>= 1.26.3-3)"
	b.SetBytes(int64(len(field)))
	b.ReportAllocs()
	var list []Relation
	for b.Loop() {
		var err error
		if list, err = Append(list[:0], field); err != nil {
			b.Fatal(err)
		}
	}
}
