package edit

import (
	"strings"
	"testing"
)

// A text that would make a place of a file unreadable is refused, and what is odd
// there is said; a file that is odd from the start is edited all the same.
func TestOddities(t *testing.T) {
	for _, r := range []struct{ format, good, bad, says string }{
		{"json", `{"a": 1}`, `{"a": 1} x`, "text stands behind the value"},
		{"json", `{"a": 1}`, `{"a": 1} /* x`, "the comment has no end"},
		{"json", `{"a": 1}`, `{"a": ` + strings.Repeat("[", 600), "the nesting is too deep"},
		{"json", `{"a": 1}`, `{"a": %}`, "this is no JSON value"},
		{"json", `{"a": 1}`, `{a: 1}`, "a member begins with its name in quotes"},
		{"json", `{"a": 1}`, `{"a": 1]}`, "the bracket closes nothing"},
		{"json", `{"a": 1}`, `{"a": 1`, "the bracket has no end"},
		{"json", `{"a": 1, "b": 2}`, `{"a": 1 "b": 2}`, "a comma is missing behind it"},
		{"json", `[1, 2]`, `[1 2]`, "a comma is missing behind it"},
		{"nginx", "a b;\n", "a b; ;\n", "a `;` stands alone"},
		{"nginx", "a b;\n", "a b; {}\n", "a `{` has no name before it"},
		{"nginx", "a { b c; }\n", "a { b c }\n", "`b` has no `;`"},
		{"nginx", "a { b c; }\n", "a { b c;\n", "has no `}`"},
		{"apache", "<A>\nb c\n</A>\n", "<A>\nb c\n", "the section `A` has no end"},
		{"apache", "<A>\nb c\n</A>\n", "<A>\nb c\n</B>\n</A>\n", "the end of `B` closes nothing"},
		{"keyvalue", "a=b\n", "a=b\n=c\n", "the line is no entry"},
		{"lighttpd", "a = 1\n", "a = ( 1\n", "a bracket or a string that begins here has no end"},
		{"python", "A = 1\n", "A = [1\n", "a bracket that begins here has no end"},
		{"xml", "<a/>\n", "<a>\n", "the element `a` has no end"},
		{"xml", "<a/>\n", "<!DOCTYPE [\n<a/>\n", "the declaration has no end"},
		{"xml", "<a/>\n", "<a b c/>\n", "the tag `a` is not whole"},
		{"xml", "<a/>\n", "<a b='1'", "the tag `a` has no end"},
		{"yaml", "a: b\n", "a: b\n? c\n", "the line is neither a key nor an item"},
	} {
		apply := func(src, from, to string) error {
			in := Input{Name: "f", Format: r.format, Bytes: []byte(src), Ops: []Op{{Verb: Replace, Text: from, With: to}}}
			_, err := Apply(in)
			return err
		}
		if err := apply(r.good, r.good, r.bad); err == nil || !contains(explain(err), "would no longer read as before") || !contains(explain(err), r.says) {
			t.Errorf("%s: %s\nwant %s", r.bad, explain(err), r.says)
		}
		if err := apply(r.bad, r.bad, r.good); err != nil {
			t.Errorf("%s, mended: %s", r.bad, explain(err))
		}
	}
}

// What an operation finds as it wants it, it says where.
func TestAlreadySays(t *testing.T) {
	for _, r := range []struct{ op, says string }{
		{`comment = "b"`, "already so: commented out in line 2"},
		{`unset = "b"`, "already so: commented out in line 2"},
		{`uncomment = "a"`, "already so: active in line 1"},
		{`rename = "c", to = "a"`, "already so: `a` stands in line 1"},
		{`line = "a=1"`, "already so: line 1"},
		{`replace = "x", with = "a=1"`, "already so: line 1"},
		{`set = "a", to = "1"`, "already so"},
	} {
		res, err := Apply(Input{Name: "f", Format: "keyvalue", Bytes: []byte("a=1\n#b=2\n"), Ops: readOps(t, r.op)})
		if err != nil || !res.Already || res.Done[0].Says != r.says {
			t.Errorf("%s: %+v, %v; want %q", r.op, res.Done, err, r.says)
		}
	}
}
